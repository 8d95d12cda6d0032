"""Makes a small OCI image layout on disk: one layer above 32 MiB (docker-registry moves such blobs part by part), one of
real files, one empty."""
import gzip
import hashlib
import io
import json
import tarfile

from clientlib import MIB, noise


def make_layout(folder, tree):
    """Writes an image named `test` to `folder`; its manifest's digest."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data):
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        return {"digest": f"sha256:{name}", "size": len(data)}

    tars = [tar_of({"noise": noise(40 * MIB, seed="image")}),
            tar_of({str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}),
            tar_of({})]
    layers = [put(gzip.compress(tar, compresslevel=1, mtime=0)) for tar in tars]
    config = put(to_json({
        "architecture": "amd64", "os": "linux", "config": {}, "created": "2024-01-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars]}}))
    kind = "application/vnd.oci.image"
    manifest = put(to_json({
        "schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json",
        "config": {"mediaType": f"{kind}.config.v1+json", **config},
        "layers": [{"mediaType": f"{kind}.layer.v1.tar+gzip", **layer} for layer in layers]}))
    (folder / "oci-layout").write_bytes(to_json({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_bytes(to_json({"schemaVersion": 2, "manifests": [
        {"mediaType": f"{kind}.manifest.v1+json", **manifest,
         "annotations": {"org.opencontainers.image.ref.name": "test"}}]}))
    return manifest["digest"]


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
