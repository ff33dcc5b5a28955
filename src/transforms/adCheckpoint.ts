/** What checkpoints are looked at and steered with: `adCheckpoint.checkpointName`, ... */
export { checkpoint, checkpoint as remat } from "./checkpoint.ts";
export { checkpointName } from "./checkpointName.ts";
export * as checkpointPolicies from "./checkpointPolicies.ts";
export { printSavedResiduals, type SavedResidual, savedResiduals } from "./savedResiduals.ts";
