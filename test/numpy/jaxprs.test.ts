// Printed jaxprs of jnp functions, equal to JAX's character for character. `python` is evaluated with the arrays of "args" by name.

import { type DTypeLike, jnp, makeJaxpr, type NDArray } from "fluxion";
import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";

type A = NDArray;
interface File {
  args: Record<string, { dtype: string; shape: number[] }>;
  cases: { python: string; expected: string }[];
}
const file = await readGolden<File>("numpy_jaxprs");

/** Python expression, its arguments by name, and its translation. */
const programs: [python: string, args: string, f: (...args: A[]) => unknown][] = [
  ["jnp.reshape(m,(3,2))", "m", (m: A) => jnp.reshape(m, [3, 2])],
  ["jnp.reshape(m,(3,-1),order='F')", "m", (m: A) => jnp.reshape(m, [3, -1], { order: "F" })],
  ["jnp.ravel(m,order='F')", "m", (m: A) => jnp.ravel(m, { order: "F" })],
  ["jnp.transpose(x)", "x", (x: A) => jnp.transpose(x)],
  ["jnp.transpose(x,(2,0,1))", "x", (x: A) => jnp.transpose(x, [2, 0, 1])],
  ["x.mT", "x", (x: A) => x.mT],
  ["jnp.swapaxes(x,0,-1)", "x", (x: A) => jnp.swapaxes(x, 0, -1)],
  ["jnp.moveaxis(x,(0,1),(-1,0))", "x", (x: A) => jnp.moveaxis(x, [0, 1], [-1, 0])],
  ["jnp.rollaxis(x,2)", "x", (x: A) => jnp.rollaxis(x, 2)],
  ["jnp.squeeze(x[:1])", "x", (x: A) => jnp.squeeze(x.get(":1"))],
  ["jnp.expand_dims(x,(0,-1))", "x", (x: A) => jnp.expandDims(x, [0, -1])],
  ["jnp.broadcast_to(m[:,:1],(4,2,3))", "m", (m: A) => jnp.broadcastTo(m.get(":", ":1"), [4, 2, 3])],
  ["jnp.broadcast_arrays(m,v)", "v m", (v: A, m: A) => jnp.broadcastArrays(m, v)],
  ["jnp.concatenate([m,m],axis=None)", "m", (m: A) => jnp.concatenate([m, m], null)],
  ["jnp.concatenate(m)", "m", (m: A) => jnp.concatenate(m)],
  ["jnp.concatenate(x,axis=1)", "x", (x: A) => jnp.concatenate(x, 1)],
  ["jnp.concatenate([v,ii])", "v ii", (v: A, ii: A) => jnp.concatenate([v, ii])],
  ["jnp.concatenate([v])", "v", (v: A) => jnp.concatenate([v])],
  ["jnp.stack([m,m],axis=-1)", "m", (m: A) => jnp.stack([m, m], { axis: -1 })],
  ["jnp.stack(m,axis=1)", "m", (m: A) => jnp.stack(m, 1)],
  ["jnp.vstack([v,v])", "v", (v: A) => jnp.vstack([v, v])],
  ["jnp.hstack([v,v])", "v", (v: A) => jnp.hstack([v, v])],
  ["jnp.dstack([v,v])", "v", (v: A) => jnp.dstack([v, v])],
  ["jnp.column_stack([v,v])", "v", (v: A) => jnp.columnStack([v, v])],
  ["jnp.vstack(x)", "x", (x: A) => jnp.vstack(x)],
  [
    "jnp.block([[m,m],[m,m]])",
    "m",
    (m: A) =>
      jnp.block([
        [m, m],
        [m, m],
      ]),
  ],
  ["jnp.append(m,m)", "m", (m: A) => jnp.append(m, m)],
  ["jnp.append(m,m,axis=0)", "m", (m: A) => jnp.append(m, m, 0)],
  ["jnp.array_split(v,2)", "v", (v: A) => jnp.arraySplit(v, 2)],
  ["jnp.split(v,[1,2])", "v", (v: A) => jnp.split(v, [1, 2])],
  ["jnp.hsplit(m,3)", "m", (m: A) => jnp.hsplit(m, 3)],
  ["jnp.unstack(m,axis=1)", "m", (m: A) => jnp.unstack(m, 1)],
  ["jnp.repeat(m,3)", "m", (m: A) => jnp.repeat(m, 3)],
  ["jnp.repeat(m,2,axis=1)", "m", (m: A) => jnp.repeat(m, 2, 1)],
  [
    "jnp.repeat(v,ii3,total_repeat_length=4)",
    "v ii3",
    (v: A, ii3: A) => jnp.repeat(v, ii3, { totalRepeatLength: 4 }),
  ],
  ["jnp.flip(m)", "m", (m: A) => jnp.flip(m)],
  ["jnp.fliplr(m)", "m", (m: A) => jnp.fliplr(m)],
  ["jnp.roll(m,1)", "m", (m: A) => jnp.roll(m, 1)],
  ["jnp.roll(m,i,axis=0)", "m i", (m: A, i: A) => jnp.roll(m, i, 0)],
  ["jnp.roll(m,(1,2),(0,1))", "m", (m: A) => jnp.roll(m, [1, 2], [0, 1])],
  ["jnp.rot90(m)", "m", (m: A) => jnp.rot90(m)],
  ["jnp.rot90(m,2)", "m", (m: A) => jnp.rot90(m, 2)],
  ["jnp.rot90(m,-1)", "m", (m: A) => jnp.rot90(m, -1)],
  ["jnp.clip(m,0,1)", "m", (m: A) => jnp.clip(m, 0, 1)],
  ["jnp.clip(m,v)", "v m", (v: A, m: A) => jnp.clip(m, v)],
  ["jnp.clip(m)", "m", (m: A) => jnp.clip(m)],
  ["jnp.clip(ii,0.5,1)", "ii", (ii: A) => jnp.clip(ii, 0.5, 1)],
  ["jnp.clip(m,max=1.5)", "m", (m: A) => jnp.clip(m, { max: 1.5 })],
  ["jnp.round(m)", "m", (m: A) => jnp.round(m)],
  ["jnp.round(m,2)", "m", (m: A) => jnp.round(m, 2)],
  ["jnp.round(ii)", "ii", (ii: A) => jnp.round(ii)],
  ["jnp.atleast_1d(s)", "s", (s: A) => jnp.atleast1d(s)],
  ["jnp.atleast_2d(v)", "v", (v: A) => jnp.atleast2d(v)],
  ["jnp.atleast_3d(v)", "v", (v: A) => jnp.atleast3d(v)],
  ["jnp.atleast_2d(v,m)", "v m", (v: A, m: A) => jnp.atleast2d(v, m)],
  ["jnp.delete(v,1)", "v", (v: A) => jnp.delete(v, 1)],
  ["jnp.delete(m,1,axis=1)", "m", (m: A) => jnp.delete(m, 1, 1)],
  [
    "jnp.delete(v,ii,assume_unique_indices=True)",
    "v ii",
    (v: A, ii: A) => jnp.delete(v, ii, { assumeUniqueIndices: true }),
  ],
  ["jnp.diff(v)", "v", (v: A) => jnp.diff(v)],
  ["jnp.diff(m,n=1,axis=0)", "m", (m: A) => jnp.diff(m, { n: 1, axis: 0 })],
  ["jnp.tri(3,4,1)", "", () => jnp.tri(3, 4, 1)],
  ["jnp.tril(m)", "m", (m: A) => jnp.tril(m)],
  ["jnp.tril(x,1)", "x", (x: A) => jnp.tril(x, 1)],
  ["jnp.triu(m,1)", "m", (m: A) => jnp.triu(m, 1)],
  ["jnp.diag(v,1)", "v", (v: A) => jnp.diag(v, 1)],
  ["jnp.diag(m)", "m", (m: A) => jnp.diag(m)],
  ["jnp.diagonal(x,1,1,2)", "x", (x: A) => jnp.diagonal(x, 1, 1, 2)],
  ["jnp.diagonal(x,-1)", "x", (x: A) => jnp.diagonal(x, -1)],
  ["jnp.diagflat(m)", "m", (m: A) => jnp.diagflat(m)],
  ["jnp.trace(m)", "m", (m: A) => jnp.trace(m)],
  ["jnp.nan_to_num(m)", "m", (m: A) => jnp.nanToNum(m)],
  [
    "jnp.select([v>0.5,v>1.5],[v,v*2.5],7.5)",
    "v",
    (v: A) => jnp.select([v.gt(0.5), v.gt(1.5)], [v, v.mul(2.5)], 7.5),
  ],
  [
    "jnp.choose(ii3,[v,v*2.5],mode='clip')",
    "v ii3",
    (v: A, ii3: A) => jnp.choose(ii3, [v, v.mul(2.5)], { mode: "clip" }),
  ],
  ["jnp.meshgrid(v,v)", "v", (v: A) => jnp.meshgrid(v, v)],
  [
    "jnp.meshgrid(v,v,sparse=True,indexing='ij')",
    "v",
    (v: A) => jnp.meshgrid(v, v, { sparse: true, indexing: "ij" }),
  ],
  ["jnp.indices((2,3))", "", () => jnp.indices([2, 3])],
  ["jnp.astype(v,bool)", "v", (v: A) => jnp.astype(v, "bool")],
  ["jnp.copy(v)", "v", (v: A) => jnp.copy(v)],
  ["jnp.array_equal(v,v)", "v", (v: A) => jnp.arrayEqual(v, v)],
  ["jnp.array_equal(v,m)", "v m", (v: A, m: A) => jnp.arrayEqual(v, m)],
  ["jnp.array_equal(v,v,True)", "v", (v: A) => jnp.arrayEqual(v, v, true)],
  ["jnp.isclose(v,v)", "v", (v: A) => jnp.isclose(v, v)],
  ["jnp.isclose(ii,ii)", "ii", (ii: A) => jnp.isclose(ii, ii)],
  ["jnp.pad(m,1)", "m", (m: A) => jnp.pad(m, 1)],
  [
    "jnp.pad(m,((0,1),(1,0)),mode='edge')",
    "m",
    (m: A) =>
      jnp.pad(
        m,
        [
          [0, 1],
          [1, 0],
        ],
        { mode: "edge" },
      ),
  ],
  ["jnp.pad(v,1,mode='reflect')", "v", (v: A) => jnp.pad(v, 1, "reflect")],
  ["jnp.pad(v,1,mode='symmetric')", "v", (v: A) => jnp.pad(v, 1, "symmetric")],
  [
    "jnp.pad(v,2,mode='reflect',reflect_type='odd')",
    "v",
    (v: A) => jnp.pad(v, 2, { mode: "reflect", reflectType: "odd" }),
  ],
  ["jnp.pad(v,1,mode='mean')", "v", (v: A) => jnp.pad(v, 1, { mode: "mean" })],
  ["jnp.pad(m,(1,2),mode='maximum')", "m", (m: A) => jnp.pad(m, [1, 2], { mode: "maximum" })],
  ["jnp.pad(m,(1,2),mode='wrap')", "m", (m: A) => jnp.pad(m, [1, 2], { mode: "wrap" })],
  ["jnp.take(x,ii,axis=1)", "x ii", (x: A, ii: A) => jnp.take(x, ii, 1)],
  ["jnp.take(x,ii,mode='wrap')", "x ii", (x: A, ii: A) => jnp.take(x, ii, { mode: "wrap" })],
  ["jnp.take(x,uu,mode='clip')", "x uu", (x: A, uu: A) => jnp.take(x, uu, { mode: "clip" })],
  ["jnp.take(v,1)", "v", (v: A) => jnp.take(v, 1)],
  [
    "jnp.take_along_axis(m,ii[:,None],1)",
    "m ii",
    (m: A, ii: A) => jnp.takeAlongAxis(m, ii.get(":", null), 1),
  ],
  ["jnp.take_along_axis(v,ii,None)", "v ii", (v: A, ii: A) => jnp.takeAlongAxis(v, ii, null)],
  ["tuple(v)", "v", (v: A) => [...v]],
  ["tuple(m)", "m", (m: A) => [...m]],
  ["jnp.einsum('ii->',sq)", "sq", (sq: A) => jnp.einsum("ii->", sq)],
  ["jnp.einsum('ii->i',sq)", "sq", (sq: A) => jnp.einsum("ii->i", sq)],
  ["jnp.einsum('ij->j',m)", "m", (m: A) => jnp.einsum("ij->j", m)],
  ["jnp.einsum('ij,jk',m,mT)", "m mT", (m: A, mT: A) => jnp.einsum("ij,jk", m, mT)],
  ["jnp.einsum('i,j->ij',v,v)", "v", (v: A) => jnp.einsum("i,j->ij", v, v)],
  ["jnp.einsum('...ij,...jk->...ik',b,mT)", "mT b", (mT: A, b: A) => jnp.einsum("...ij,...jk->...ik", b, mT)],
  ["jnp.einsum('bij,bjk->kbi',b,bT)", "b bT", (b: A, bT: A) => jnp.einsum("bij,bjk->kbi", b, bT)],
  ["jnp.einsum('bqhd,bkhd->bhqk',q,q)", "q", (q: A) => jnp.einsum("bqhd,bkhd->bhqk", q, q)],
  ["jnp.einsum('ijm,jk->ik',x,k2)", "x k2", (x: A, k2: A) => jnp.einsum("ijm,jk->ik", x, k2)],
  [
    "jnp.einsum('ij,jk->ik',m[:,:1],mT)",
    "m mT",
    (m: A, mT: A) => jnp.einsum("ij,jk->ik", m.get(":", ":1"), mT),
  ],
  [
    "jnp.einsum('ij,jk,kl,lm->im',m,mT,m,mT)",
    "m mT",
    (m: A, mT: A) => jnp.einsum("ij,jk,kl,lm->im", m, mT, m, mT),
  ],
  ["jnp.einsum('ij,kj,kl->il',m,m,m)", "m", (m: A) => jnp.einsum("ij,kj,kl->il", m, m, m)],
  [
    "jnp.einsum('a,ab,bc,cd,d->',v,sq,sq,sq,v)",
    "v sq",
    (v: A, sq: A) => jnp.einsum("a,ab,bc,cd,d->", v, sq, sq, sq, v),
  ],
  ["jnp.einsum('ij->ji',m)", "m", (m: A) => jnp.einsum("ij->ji", m)],
  ["jnp.einsum(',ij->ij',s,m)", "m s", (m: A, s: A) => jnp.einsum(",ij->ij", s, m)],
  ["jnp.einsum('ij,ij->ij',m,m)", "m", (m: A) => jnp.einsum("ij,ij->ij", m, m)],
  ["jnp.einsum('i,i,i->',v,v,v)", "v", (v: A) => jnp.einsum("i,i,i->", v, v, v)],
  ["jnp.einsum('iij->ij',sq3)", "sq3", (sq3: A) => jnp.einsum("iij->ij", sq3)],
  ["jnp.einsum('ij,ij->',m,m)", "m", (m: A) => jnp.einsum("ij,ij->", m, m)],
  ["jnp.einsum(m,[0,1],mT,[1,2],[0,2])", "m mT", (m: A, mT: A) => jnp.einsum(m, [0, 1], mT, [1, 2], [0, 2])],
  [
    "jnp.einsum('ij,jk->ik',m,mT,precision='highest')",
    "m mT",
    (m: A, mT: A) => jnp.einsum("ij,jk->ik", m, mT, { precision: "highest" }),
  ],
  ["jnp.matvec(b,v)", "v b", (v: A, b: A) => jnp.matvec(b, v)],
  ["jnp.vecmat(v2,b)", "b v2", (b: A, v2: A) => jnp.vecmat(v2, b)],
  ["jnp.vecdot(m,v)", "v m", (v: A, m: A) => jnp.vecdot(m, v)],
  ["jnp.vecdot(m,m)", "m", (m: A) => jnp.vecdot(m, m)],
  ["jnp.kron(m,v)", "v m", (v: A, m: A) => jnp.kron(m, v)],
  ["jnp.kron(m,m)", "m", (m: A) => jnp.kron(m, m)],
  ["jnp.matmul(m[None],bT)", "m bT", (m: A, bT: A) => jnp.matmul(m.get(null), bT)],
  ["jnp.matmul(b,mT)", "mT b", (mT: A, b: A) => jnp.matmul(b, mT)],
  ["jnp.matmul(v,bT)", "v bT", (v: A, bT: A) => jnp.matmul(v, bT)],
  ["jnp.matmul(b,v)", "v b", (v: A, b: A) => jnp.matmul(b, v)],
  ["jnp.matmul(v,v)", "v", (v: A) => jnp.matmul(v, v)],
  ["jnp.matmul(b[:,None],bT[None])", "b bT", (b: A, bT: A) => jnp.matmul(b.get(":", null), bT.get(null))],
  ["jnp.dot(b,mT)", "mT b", (mT: A, b: A) => jnp.dot(b, mT)],
  ["jnp.dot(s,m)", "m s", (m: A, s: A) => jnp.dot(s, m)],
  ["jnp.dot(v,v)", "v", (v: A) => jnp.dot(v, v)],
  ["jnp.vdot(m,m)", "m", (m: A) => jnp.vdot(m, m)],
  ["jnp.inner(m,v)", "v m", (v: A, m: A) => jnp.inner(m, v)],
  ["jnp.inner(s,v)", "v s", (v: A, s: A) => jnp.inner(s, v)],
  ["jnp.outer(v,m)", "v m", (v: A, m: A) => jnp.outer(v, m)],
  [
    "jnp.tensordot(b,bT,axes=([0,2],[0,1]))",
    "b bT",
    (b: A, bT: A) =>
      jnp.tensordot(b, bT, [
        [0, 2],
        [0, 1],
      ]),
  ],
  ["jnp.tensordot(m,mT,1)", "m mT", (m: A, mT: A) => jnp.tensordot(m, mT, 1)],
  ["jnp.sort(v,descending=True)", "v", (v: A) => jnp.sort(v, { descending: true })],
  ["jnp.sort(m,axis=None)", "m", (m: A) => jnp.sort(m, null)],
  ["jnp.argsort(m,axis=0,descending=True)", "m", (m: A) => jnp.argsort(m, { axis: 0, descending: true })],
  ["jnp.argsort(v)", "v", (v: A) => jnp.argsort(v)],
  ["jnp.lexsort((v,v))", "v", (v: A) => jnp.lexsort([v, v])],
  ["jnp.nonzero(m,size=2)", "m", (m: A) => jnp.nonzero(m, { size: 2 })],
  ["jnp.nonzero(v,size=2,fill_value=7)", "v", (v: A) => jnp.nonzero(v, { size: 2, fillValue: 7 })],
  ["jnp.argwhere(m,size=2)", "m", (m: A) => jnp.argwhere(m, { size: 2 })],
  ["jnp.bincount(ii,length=4)", "ii", (ii: A) => jnp.bincount(ii, { length: 4 })],
  ["jnp.vsplit(m,2)", "m", (m: A) => jnp.vsplit(m, 2)],
  ["jnp.permute_dims(x,(1,0,2))", "x", (x: A) => jnp.permuteDims(x, [1, 0, 2])],
  ["jnp.matrix_transpose(x)", "x", (x: A) => jnp.matrixTranspose(x)],
  ["jnp.fill_diagonal(m,1.5,inplace=False)", "m", (m: A) => jnp.fillDiagonal(m, 1.5, { inplace: false })],
  ["jnp.unravel_index(ii,(2,3))", "ii", (ii: A) => jnp.unravelIndex(ii, [2, 3])],
  ["v.view('int32')", "v", (v: A) => v.view("int32")],
  ["m.at[0].set(v)", "v m", (v: A, m: A) => m.at(0).set(v)],
  ["jnp.cross(v,v)", "v", (v: A) => jnp.cross(v, v)],
  ["jnp.flip(m,0)", "m", (m: A) => jnp.flip(m, 0)],
  ["jnp.resize(v,(2,2))", "v", (v: A) => jnp.resize(v, [2, 2])],
  ["jnp.tile(v,(2,1))", "v", (v: A) => jnp.tile(v, [2, 1])],
  ["jnp.tile(m,3)", "m", (m: A) => jnp.tile(m, 3)],
];

describe("jaxprs of jnp functions", () => {
  test.each(programs)("%s", (python, names, f) => {
    const args =
      names === ""
        ? []
        : names
            .split(" ")
            .map((name) => jnp.zeros(file.args[name].shape, { dtype: file.args[name].dtype as DTypeLike }));
    const expected = file.cases.find((c) => c.python === python)?.expected;
    expect(String(makeJaxpr(f)(...args))).toBe(expected);
  });

  test("every case has a translation", () => {
    expect(programs.map(([python]) => python)).toEqual(file.cases.map((c) => c.python));
  });
});
