/**
 * The instruction tables: one source for the assembler's methods, their static types and the disassembler. Each entry is a
 * first opcode and the names that follow from it without a gap. An opcode behind a prefix byte is `prefix << 16 | number`.
 */

const FC = 0xfc0000;
const FD = 0xfd0000;
const FE = 0xfe0000;

const integerCompare = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const integerMath = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
const floatCompare = "eq ne lt gt le ge";
const floatMath = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign";

/** Instructions without immediate operands. */
export const PLAIN_OPS = {
  i32: [
    [0x45, "eqz"],
    [0x46, integerCompare],
    [0x67, integerMath],
    [0xa7, "wrap_i64 trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u"],
    [0xbc, "reinterpret_f32"],
    [0xc0, "extend8_s extend16_s"],
    [FC | 0, "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u"],
  ],
  i64: [
    [0x50, "eqz"],
    [0x51, integerCompare],
    [0x79, integerMath],
    [0xac, "extend_i32_s extend_i32_u trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u"],
    [0xbd, "reinterpret_f64"],
    [0xc2, "extend8_s extend16_s extend32_s"],
    [FC | 4, "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u"],
  ],
  f32: [
    [0x5b, floatCompare],
    [0x8b, floatMath],
    [0xb2, "convert_i32_s convert_i32_u convert_i64_s convert_i64_u demote_f64"],
    [0xbe, "reinterpret_i32"],
  ],
  f64: [
    [0x61, floatCompare],
    [0x99, floatMath],
    [0xb7, "convert_i32_s convert_i32_u convert_i64_s convert_i64_u promote_f32"],
    [0xbf, "reinterpret_i64"],
  ],
  v128: [[FD | 77, "not and andnot or xor bitselect any_true"]],
  i8x16: [
    [FD | 14, "swizzle splat"],
    [FD | 35, integerCompare],
    [FD | 96, "abs neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u"],
    [FD | 107, "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"],
    [FD | 118, "min_s min_u max_s max_u"],
    [FD | 123, "avgr_u"],
    [FD | 256, "relaxed_swizzle"],
    [FD | 265, "relaxed_laneselect"],
  ],
  i16x8: [
    [FD | 16, "splat"],
    [FD | 45, integerCompare],
    [FD | 124, "extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u"],
    [FD | 128, "abs neg q15mulr_sat_s all_true bitmask narrow_i32x4_s narrow_i32x4_u"],
    [FD | 135, "extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u"],
    [FD | 139, "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"],
    [FD | 149, "mul min_s min_u max_s max_u"],
    [FD | 155, "avgr_u extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u"],
    [FD | 266, "relaxed_laneselect"],
    [FD | 273, "relaxed_q15mulr_s relaxed_dot_i8x16_i7x16_s"],
  ],
  i32x4: [
    [FD | 17, "splat"],
    [FD | 55, integerCompare],
    [FD | 126, "extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u"],
    [FD | 160, "abs neg"],
    [FD | 163, "all_true bitmask"],
    [FD | 167, "extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u"],
    [FD | 171, "shl shr_s shr_u add"],
    [FD | 177, "sub"],
    [FD | 181, "mul min_s min_u max_s max_u dot_i16x8_s"],
    [FD | 188, "extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u"],
    [FD | 248, "trunc_sat_f32x4_s trunc_sat_f32x4_u"],
    [FD | 252, "trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero"],
    [FD | 257, "relaxed_trunc_f32x4_s relaxed_trunc_f32x4_u"],
    [FD | 259, "relaxed_trunc_f64x2_s_zero relaxed_trunc_f64x2_u_zero"],
    [FD | 267, "relaxed_laneselect"],
    [FD | 275, "relaxed_dot_i8x16_i7x16_add_s"],
  ],
  i64x2: [
    [FD | 18, "splat"],
    [FD | 192, "abs neg"],
    [FD | 195, "all_true bitmask"],
    [FD | 199, "extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u"],
    [FD | 203, "shl shr_s shr_u add"],
    [FD | 209, "sub"],
    [FD | 213, "mul eq ne lt_s gt_s le_s ge_s"],
    [FD | 220, "extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u"],
    [FD | 268, "relaxed_laneselect"],
  ],
  f32x4: [
    [FD | 19, "splat"],
    [FD | 65, floatCompare],
    [FD | 94, "demote_f64x2_zero"],
    [FD | 103, "ceil floor trunc nearest"],
    [FD | 224, "abs neg"],
    [FD | 227, "sqrt add sub mul div min max pmin pmax"],
    [FD | 250, "convert_i32x4_s convert_i32x4_u"],
    [FD | 261, "relaxed_madd relaxed_nmadd"],
    [FD | 269, "relaxed_min relaxed_max"],
  ],
  f64x2: [
    [FD | 20, "splat"],
    [FD | 71, floatCompare],
    [FD | 95, "promote_low_f32x4"],
    [FD | 116, "ceil floor"],
    [FD | 122, "trunc"],
    [FD | 148, "nearest"],
    [FD | 236, "abs neg"],
    [FD | 239, "sqrt add sub mul div min max pmin pmax"],
    [FD | 254, "convert_low_i32x4_s convert_low_i32x4_u"],
    [FD | 263, "relaxed_madd relaxed_nmadd"],
    [FD | 271, "relaxed_min relaxed_max"],
  ],
} as const;

/** Instructions with an address immediate. The last column is the natural alignment of each name, as a power of two. */
export const MEMORY_OPS = {
  i32: [
    [0x28, "load", [2]],
    [0x2c, "load8_s load8_u load16_s load16_u", [0, 0, 1, 1]],
    [0x36, "store", [2]],
    [0x3a, "store8 store16", [0, 1]],
    [FE | 0x10, "atomic_load", [2]],
    [FE | 0x12, "atomic_load8_u atomic_load16_u", [0, 1]],
    [FE | 0x17, "atomic_store", [2]],
    [FE | 0x19, "atomic_store8 atomic_store16", [0, 1]],
    [FE | 0x1e, "atomic_rmw_add", [2]],
    [FE | 0x25, "atomic_rmw_sub", [2]],
    [FE | 0x2c, "atomic_rmw_and", [2]],
    [FE | 0x33, "atomic_rmw_or", [2]],
    [FE | 0x3a, "atomic_rmw_xor", [2]],
    [FE | 0x41, "atomic_rmw_xchg", [2]],
    [FE | 0x48, "atomic_rmw_cmpxchg", [2]],
  ],
  i64: [
    [0x29, "load", [3]],
    [0x30, "load8_s load8_u load16_s load16_u load32_s load32_u", [0, 0, 1, 1, 2, 2]],
    [0x37, "store", [3]],
    [0x3c, "store8 store16 store32", [0, 1, 2]],
    [FE | 0x11, "atomic_load", [3]],
    [FE | 0x18, "atomic_store", [3]],
    [FE | 0x1f, "atomic_rmw_add", [3]],
    [FE | 0x42, "atomic_rmw_xchg", [3]],
    [FE | 0x49, "atomic_rmw_cmpxchg", [3]],
  ],
  f32: [
    [0x2a, "load", [2]],
    [0x38, "store", [2]],
  ],
  f64: [
    [0x2b, "load", [3]],
    [0x39, "store", [3]],
  ],
  v128: [
    [FD | 0, "load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u", [4, 3, 3, 3, 3, 3, 3]],
    [FD | 7, "load8_splat load16_splat load32_splat load64_splat store", [0, 1, 2, 3, 4]],
    [FD | 92, "load32_zero load64_zero", [2, 3]],
  ],
  memory: [[FE | 0, "atomic_notify atomic_wait32 atomic_wait64", [2, 2, 3]]],
} as const;

/** Instructions with an address immediate and a lane number. */
export const MEMORY_LANE_OPS = {
  v128: [
    [FD | 84, "load8_lane load16_lane load32_lane load64_lane", [0, 1, 2, 3]],
    [FD | 88, "store8_lane store16_lane store32_lane store64_lane", [0, 1, 2, 3]],
  ],
} as const;

/** Instructions with a lane number. */
export const LANE_OPS = {
  i8x16: [[FD | 21, "extract_lane_s extract_lane_u replace_lane"]],
  i16x8: [[FD | 24, "extract_lane_s extract_lane_u replace_lane"]],
  i32x4: [[FD | 27, "extract_lane replace_lane"]],
  i64x2: [[FD | 29, "extract_lane replace_lane"]],
  f32x4: [[FD | 31, "extract_lane replace_lane"]],
  f64x2: [[FD | 33, "extract_lane replace_lane"]],
} as const;

/** Opcodes of the instructions that the function builder writes by hand. */
export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  memoryInit: FC | 8,
  dataDrop: FC | 9,
  memoryCopy: FC | 10,
  memoryFill: FC | 11,
  v128Const: FD | 12,
  shuffle: FD | 13,
  atomicFence: FE | 3,
} as const;
