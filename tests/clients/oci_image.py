"""Makes OCI image layouts on disk: layers of real files of this system, one of bytes that do not compress and above 32 MiB
(docker-registry moves such blobs part by part), an empty one."""
import gzip
import hashlib
import io
import json
import os
import pathlib
import tarfile

from clientlib import MIB, noise

LIBRARIES = pathlib.Path("/usr/lib")
KIND = "application/vnd.oci.image"


def real_layers(count, bytes_each):
    """Tars of the regular files below /usr/lib, in order: `count` of them with about `bytes_each`."""
    tars, files, size = [], {}, 0
    for folder, folders, names in os.walk(LIBRARIES):
        folders.sort()
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.is_symlink() or not path.is_file() or path.stat().st_size > bytes_each:
                continue
            files[str(path.relative_to("/"))] = path.read_bytes()
            size += path.stat().st_size
            if size >= bytes_each:
                tars.append(tar_of(files))
                files, size = {}, 0
                if len(tars) == count:
                    return tars
    return tars + [tar_of(files)]


def make_layout(folder, tars):
    """Writes an image named `test` with these layers to `folder`; the digests of its manifest and of its layers."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data):
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        return {"digest": f"sha256:{name}", "size": len(data)}

    layers = [put(gzip.compress(tar, compresslevel=1, mtime=0)) for tar in tars]
    config = put(to_json({
        "architecture": "amd64", "os": "linux", "config": {}, "created": "2024-01-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars]}}))
    manifest = put(to_json({
        "schemaVersion": 2, "mediaType": f"{KIND}.manifest.v1+json",
        "config": {"mediaType": f"{KIND}.config.v1+json", **config},
        "layers": [{"mediaType": f"{KIND}.layer.v1.tar+gzip", **layer} for layer in layers]}))
    (folder / "oci-layout").write_bytes(to_json({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_bytes(to_json({"schemaVersion": 2, "manifests": [
        {"mediaType": f"{KIND}.manifest.v1+json", **manifest,
         "annotations": {"org.opencontainers.image.ref.name": "test"}}]}))
    return manifest["digest"], [layer["digest"] for layer in layers]


def noise_layer():
    return tar_of({"noise": noise(40 * MIB, seed="image")})


def empty_layer():
    return tar_of({})


def to_json(value):
    return json.dumps(value, sort_keys=True).encode()


def tar_of(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
