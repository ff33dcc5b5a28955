/** `optim.contrib`: optimizers that are not in the core of optax. */
export {
  MuonDimensionNumbers,
  type MuonOptions,
  type MuonState,
  muon,
  type Preconditioning,
  type ScaleByMuonOptions,
  scaleByMuon,
  scaleByShape,
  type WeightDimensionNumbers,
} from "./muon.ts";
