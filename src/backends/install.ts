/** Imported for its effect: makes the default back end and the evaluation of operations available. */
import { setDefaultBackend } from "../core/backend.ts";
import "../core/dispatch.ts";
import "../lax/basicOps.ts";
import { wasmBackend } from "./wasm/backend.ts";

setDefaultBackend(wasmBackend);
