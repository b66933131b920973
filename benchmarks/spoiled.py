"""Ways to spoil a submission: in its bytes, in its tree, in its arrays, in its attributes, in its dynamics.

Each takes the bytes of an honest file and gives those of another, which may still be honest.
"""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import onnx
from h5py import h5d, h5p, h5s, h5t
from onnx import TensorProto, helper, numpy_helper

Rng = np.random.Generator
SECRET = 31415.0
"""A value that is in another file, and must be in no answer."""
GROUPS = ("train", "val", "test", "dynamics")
ARRAYS = [f"{split}/{name}" for split in GROUPS[:3] for name in ("rates_hz", "states", "inputs")]
ATTRIBUTES = ("format", "version", "track", "method", "dataset", "given_inputs", "parameters")
MODELS = ("step", "readout")
_NOT_POSSIBLE = (LookupError, ValueError, TypeError, OSError, RuntimeError, MemoryError)


def chosen(rng: Rng, options: tuple | list) -> object:
    return options[int(rng.integers(len(options)))]


def held(file: h5py.File, name: str) -> np.ndarray:
    """Read an array; ValueError if an earlier edit made it claim to be large, or lie in another file."""
    if file[name].size > 1 << 22 or file[name].is_virtual or file[name].external:
        raise ValueError(name)
    return np.asarray(file[name])


def head_bytes(whole: bytes, rng: Rng, secret: Path) -> bytes:
    """Flip, overwrite, cut out and repeat bytes where the structure is."""
    return _bytes(whole, rng, 8000)


def all_bytes(whole: bytes, rng: Rng, secret: Path) -> bytes:
    """Do the same anywhere, and cut off, or put together, whole pieces."""
    match int(rng.integers(5)):
        case 0:
            return whole[: int(rng.integers(len(whole)))]
        case 1:
            return whole + rng.bytes(int(rng.integers(1, 5000)))
        case 2:
            return whole[: int(rng.integers(8, 9000))] + rng.bytes(len(whole) // 2)
        case 3:
            kinds = (b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x80\x04", b"CDF\x01", b"\x93NUMPY", b"{")
            return bytes(chosen(rng, kinds)) + rng.bytes(int(rng.integers(0, 3000)))  # type: ignore[arg-type]
        case _:
            return _bytes(whole, rng, len(whole))


def _bytes(whole: bytes, rng: Rng, most: int) -> bytes:
    data = bytearray(whole)
    for _ in range(int(rng.integers(1, 4))):
        at, n = int(rng.integers(0, min(len(data), most) or 1)), int(rng.integers(1, 64))
        match int(rng.integers(6)):
            case 0:
                data[at : at + 1] = rng.bytes(1)
            case 1:
                data[at : at + n] = rng.bytes(n)
            case 2:
                del data[at : at + n]
            case 3:
                data[at : at + n] = b"\xff" * n
            case 4:
                data[at : at + 1] = bytes([data[at] ^ (1 << int(rng.integers(8)))]) if at < len(data) else b""
            case _:
                start = int(rng.integers(0, most))
                data[at : at + n] = whole[start : start + n]
    return bytes(data)


def _edited(edit: Callable[[h5py.File, Rng, Path], None]) -> Callable[[bytes, Rng, Path], bytes]:
    """Give a way to spoil that edits the file one to three times, as an HDF5 file."""

    def spoil(whole: bytes, rng: Rng, secret: Path) -> bytes:
        content = io.BytesIO(whole)
        newest = {"libver": "latest"} if rng.random() < 0.3 else {}
        with h5py.File(content, "a", **newest) as file:
            for _ in range(int(rng.integers(1, 4))):
                # What an earlier edit took away cannot be edited.
                with contextlib.suppress(
                    LookupError, ValueError, TypeError, OSError, RuntimeError, MemoryError
                ):
                    edit(file, rng, secret)
        return content.getvalue()

    spoil.__doc__ = edit.__doc__
    return spoil


@_edited
def tree(file: h5py.File, rng: Rng, secret: Path) -> None:
    """Links, aliases, circles, depth, width, and objects of another kind."""
    name = str(chosen(rng, [*GROUPS, *ARRAYS, *(f"dynamics/{model}" for model in MODELS)]))
    kind, other = int(rng.integers(12)), str(chosen(rng, [*GROUPS, *ARRAYS, "/"]))
    match kind:
        case 9:
            group = file
            for _ in range(int(rng.integers(1, 400))):
                group = group.create_group("g")
        case 10:
            for number in range(int(rng.integers(1, 3000))):
                file.create_group(f"{other}/g{number}")
        case 11:
            file.move(
                name, str(chosen(rng, ("x", "train/x", "test/rates", "connectivity", "\u4e2d", "a" * 300)))
            )
        case _:
            same = file[other]
            del file[name]
            if kind < 7:
                values = (
                    h5py.ExternalLink(str(secret), "/rates_hz"),
                    h5py.ExternalLink(str(secret), "/"),
                    h5py.SoftLink("/" + other),
                    h5py.SoftLink(name),
                    same,
                    np.dtype("f4"),
                    np.ones((3, 2), np.float32),
                )
                file[name] = values[kind]
            elif kind == 7:
                file.create_group(name)


@_edited
def storage(file: h5py.File, rng: Rng, secret: Path) -> None:
    """Make views, external storage, filters, bombs, claims without data, strange chunks."""
    name = str(chosen(rng, ARRAYS))
    array = held(file, name)
    del file[name]
    match int(rng.integers(9)):
        case 0:
            layout = h5py.VirtualLayout(array.shape, "f4")
            layout[:] = h5py.VirtualSource(str(secret), "rates_hz", array.shape)
            file.create_virtual_dataset(name, layout)
        case 1:
            file.create_dataset(name, array.shape, "f4", external=[(str(secret), 0, array.nbytes)])
        case 2:
            shape = tuple(int(2 ** rng.integers(0, 40)) for _ in array.shape)
            file.create_dataset(name, shape, "f4", chunks=tuple(min(n, 64) for n in shape))
        case 3:
            file.create_dataset(name, array.shape, "f4", chunks=array.shape if rng.random() < 0.5 else None)
        case 4:
            chunk = tuple(int(2 ** rng.integers(0, 12)) for _ in array.shape)
            file.create_dataset(name, data=array, chunks=chunk, maxshape=(None, None, None))
        case 5:
            made = file.create_dataset(name, array.shape, "f4", chunks=array.shape, compression="gzip")
            made.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(int(2 ** rng.integers(10, 27))), 1))
        case 6:
            _twice_filtered(file, name, array)
        case 7:
            file.create_dataset(name, data=array, scaleoffset=2)
        case _:
            made = file.create_dataset(name, data=array, chunks=(1, *array.shape[1:]), compression="lzf")
            made.id.write_direct_chunk((0, 0, 0), rng.bytes(int(rng.integers(0, 300))))


def _twice_filtered(file: h5py.File, name: str, array: np.ndarray) -> None:
    properties = h5p.create(h5p.DATASET_CREATE)
    properties.set_chunk(array.shape)
    properties.set_deflate(1)
    properties.set_deflate(1)
    space, leaf = h5s.create_simple(array.shape), name.split("/")[1].encode()
    made = h5d.create(file[name.split("/")[0]].id, leaf, h5t.IEEE_F32LE, space, properties)
    h5py.Dataset(made)[:] = array


@_edited
def kinds(file: h5py.File, rng: Rng, secret: Path) -> None:
    """Other types, other shapes."""
    name = str(chosen(rng, ARRAYS))
    array = held(file, name)
    del file[name]
    if rng.random() < 0.5:
        types = (
            *("i1", "u2", "i4", "u8", "f2", "f8", ">f4", ">f8", "c8", "c16", "?", "S7", "V9", "f16", "M"),
            *(h5py.string_dtype(), h5py.vlen_dtype("f4"), h5py.ref_dtype, h5py.regionref_dtype),
            *([("a", "f4"), ("b", "i2")], np.dtype(("f4", (2,))), h5py.enum_dtype({"a": 1}, "i4")),
            h5py.opaque_dtype("V4"),
        )  # fmt: skip
        kind = chosen(rng, types)
        if isinstance(kind, str) and kind[-2:-1] in "iuf" and rng.random() < 0.7:
            file[name] = array.astype(kind)
        else:
            file.create_dataset(name, array.shape, np.dtype(kind))  # type: ignore[arg-type]
        return
    shapes = (
        array.swapaxes(0, 2), array.swapaxes(1, 2), array.swapaxes(0, 1), array[1:], array[:, :-1],
        array[..., :-1], array[0], array[..., None], array.ravel(), array[:0], array[..., :0], np.float32(1),
        h5py.Empty("f4"), np.tile(array, (1, 1, 500)),
    )  # fmt: skip
    file[name] = shapes[int(rng.integers(len(shapes)))]


@_edited
def values(file: h5py.File, rng: Rng, secret: Path) -> None:
    """Values that are not finite, negative, huge, constant, copied, in another order or another unit."""
    name = str(chosen(rng, ARRAYS))
    data, array = file[name], held(file, name)
    match int(rng.integers(7)):
        case 0:
            worst = (np.nan, np.inf, -np.inf, -1, -0.0, 3e38, -3e38, 1e-45)
            array.flat[rng.integers(0, array.size, int(rng.integers(1, 20)))] = chosen(rng, worst)
        case 1:
            array *= np.float32(chosen(rng, (0, 0.01, 100, -1, 1e30, 1e-30)))
        case 2:
            array[:] = chosen(rng, (0, 1, 3e38, 1e-45, np.nan))
        case 3:
            array = rng.permutation(array, axis=int(rng.integers(3)))
        case 4:
            with np.errstate(all="ignore"):
                array = np.log(array)
        case 5:
            array = np.frombuffer(rng.bytes(array.nbytes), np.float32).reshape(array.shape)
        case _:
            array = np.resize(held(file, str(chosen(rng, ARRAYS))), array.shape)
    data[...] = array


@_edited
def attributes(file: h5py.File, rng: Rng, secret: Path) -> None:
    """Attributes that are missing, of another type, huge, many, or that say something else."""
    name = str(chosen(rng, ATTRIBUTES))
    holder = file if rng.random() < 0.8 else file[str(chosen(rng, [*GROUPS, *ARRAYS]))]
    match int(rng.integers(6)):
        case 0:
            del holder.attrs[name]
        case 1:
            for number in range(int(rng.integers(1, 200))):
                holder.attrs[f"a{number}"] = number
        case 2:
            holder.attrs.create(name, np.zeros(int(2 ** rng.integers(0, 16)), "u1"))
        case 3:
            holder.attrs[name] = "x" * int(2 ** rng.integers(0, 16))
        case 4:
            json = ("{}", "[]", "[" * 20000, '{"a": NaN}', '{"a": [[1]]}', '{"a": 1e999}')
            holder.attrs[name] = str(chosen(rng, ("", "R", "S", "D", *json, "\u202e")))
        case _:
            numbers = (0, 1, 2, -1, 2**63 - 1, 0.5, np.nan, True, [1, 2])
            others = (b"\xff\xfe", h5py.Empty("f4"), np.void(b"ab"), file.ref)
            holder.attrs[name] = chosen(rng, (*numbers, *others))


@_edited
def model_bytes(file: h5py.File, rng: Rng, secret: Path) -> None:
    """Bytes of the models flipped, overwritten, cut out and repeated."""
    name = f"dynamics/{chosen(rng, MODELS)}"
    model = np.asarray(file[name]).tobytes()
    del file[name]
    file[name] = np.frombuffer(_bytes(model, rng, len(model)), np.uint8)


@_edited
def models(file: h5py.File, rng: Rng, secret: Path) -> None:
    """Graphs with other operators, shapes, weights, names, versions and places of weights."""
    name = f"dynamics/{chosen(rng, MODELS)}"
    model = onnx.load_model_from_string(np.asarray(file[name]).tobytes())
    graph = model.graph
    node = graph.node[int(rng.integers(len(graph.node)))]
    match int(rng.integers(10)):
        case 0:
            node.op_type = str(
                chosen(rng, ("Loop", "If", "Scan", "Exp", "Reshape", "Tile", "Concat", "Einsum", "Div"))
            )
        case 1:
            node.domain = str(chosen(rng, ("com.microsoft", "ai.onnx.ml", "x")))
        case 2:
            node.input[0] = str(
                chosen(rng, ("nowhere", "", *(out for other in graph.node for out in other.output)))
            )
        case 3:
            graph.node.remove(node)
        case 4:
            tensor = graph.initializer[int(rng.integers(len(graph.initializer)))]
            tensor.dims[:] = [int(n) for n in rng.integers(-3, 2**33, int(rng.integers(0, 4)))]
        case 5:
            tensor = graph.initializer[int(rng.integers(len(graph.initializer)))]
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value=str(secret))
        case 6:
            model.opset_import[0].version = int(rng.integers(-5, 40))
        case 7:
            made = numpy_helper.from_array(rng.standard_normal(tuple(rng.integers(1, 600, 2))), "made")
            graph.initializer.append(made)
            graph.node.append(helper.make_node("MatMul", [graph.output[0].name, "made"], ["more"]))
            graph.output[0].name = "more"
        case 8:
            last = graph.output[0].name
            for turn in range(int(rng.integers(1, 40))):
                graph.node.append(helper.make_node("Concat", [last, last], [f"more{turn}"], axis=1))
                last = f"more{turn}"
            graph.output[0].name = last
        case _:
            tensor = graph.initializer[int(rng.integers(len(graph.initializer)))]
            tensor.raw_data = rng.bytes(len(tensor.raw_data))
    del file[name]
    file[name] = np.frombuffer(model.SerializeToString(), np.uint8)


WAYS: dict[str, Callable[[bytes, Rng, Path], bytes]] = {
    "bytes of the structure": head_bytes,
    "bytes anywhere": all_bytes,
    "tree": tree,
    "storage": storage,
    "types and shapes": kinds,
    "values": values,
    "attributes": attributes,
    "bytes of models": model_bytes,
    "graphs of models": models,
}
