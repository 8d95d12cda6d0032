// MinIO's client for JavaScript against the server named by the environment: ENDPOINT, BUCKET and AWS_*. Prints one line
// "ok NAME" for each case; the first failure ends it with status 1.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import * as Minio from "minio";

const url = new URL(process.env.ENDPOINT);
const bucket = process.env.BUCKET;
const client = new Minio.Client({
  endPoint: url.hostname, port: Number(url.port), useSSL: url.protocol === "https:", region: "us-east-1",
  accessKey: process.env.AWS_ACCESS_KEY_ID, secretKey: process.env.AWS_SECRET_ACCESS_KEY,
});

function noise(length, seed = "objd") {
  const blocks = [];
  for (let i = 0; i * 32 < length; ++i) blocks.push(createHash("sha256").update(`${seed}/${i}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

async function collect(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}
const body = async (key) => Buffer.concat(await collect(await client.getObject(bucket, key)));

async function rejects(promise, code) {
  const error = await promise.then(() => assert.fail("no error"), (e) => e);
  assert.equal(error.code, code, `${error}`);
}

const cases = {
  async buckets() {
    assert.equal(await client.bucketExists(bucket), true);
    assert.equal(await client.bucketExists(`${bucket}-not`), false);
    assert.ok((await client.listBuckets()).some(({ name }) => name === bucket));
  },
  async put_get_stat() {
    const put = await client.putObject(bucket, "a/b ä+%", "hello", 5, { "Content-Type": "text/plain", colour: "blue" });
    assert.equal(put.etag, createHash("md5").update("hello").digest("hex"));
    assert.equal((await body("a/b ä+%")).toString(), "hello");
    const stat = await client.statObject(bucket, "a/b ä+%");
    assert.deepEqual([stat.size, stat.metaData.colour, stat.metaData["content-type"]], [5, "blue", "text/plain"]);
    const part = Buffer.concat(await collect(await client.getPartialObject(bucket, "a/b ä+%", 1, 3)));
    assert.equal(part.toString(), "ell");
  },
  async a_stream_of_unknown_length_in_parts() {
    const data = noise(17_000_001);
    await client.putObject(bucket, "stream", Readable.from([data.subarray(0, 100), data.subarray(100)]));
    assert.ok(data.equals(await body("stream")));
  },
  async files() {
    const file = join(tmpdir(), `minio-${process.pid}`);
    await writeFile(file, noise(6_000_000, "file"));
    await client.fPutObject(bucket, "file", file);
    await client.fGetObject(bucket, "file", `${file}.back`);
    assert.ok((await readFile(file)).equals(await readFile(`${file}.back`)));
    await Promise.all([rm(file), rm(`${file}.back`)]);
  },
  async copies() {
    await client.copyObject(bucket, "copy", `/${bucket}/a/b ä+%`);
    assert.equal((await body("copy")).toString(), "hello");
  },
  async presigned_urls() {
    const put = await client.presignedPutObject(bucket, "signed", 60);
    assert.equal((await fetch(put, { method: "PUT", body: "by url" })).status, 200);
    const get = await client.presignedGetObject(bucket, "signed", 60, { "response-content-type": "text/x" });
    const got = await fetch(get);
    assert.deepEqual([await got.text(), got.headers.get("content-type")], ["by url", "text/x"]);
  },
  async listings_and_removal() {
    const names = (await collect(client.listObjectsV2(bucket, "", true))).map(({ name }) => name);
    assert.deepEqual(names, ["a/b ä+%", "copy", "file", "signed", "stream"]);
    const top = (await collect(client.listObjects(bucket, "", false))).map((item) => item.prefix ?? item.name);
    assert.deepEqual(top.sort(), ["a/", "copy", "file", "signed", "stream"]);
    await client.removeObject(bucket, "copy");
    await client.removeObjects(bucket, names.filter((name) => name !== "copy"));
    await rejects(client.statObject(bucket, "file"), "NotFound");
    await rejects(client.getObject(bucket, "file"), "NoSuchKey");
    assert.deepEqual(await collect(client.listObjectsV2(bucket, "", true)), []);
  },
};

for (const [name, run] of Object.entries(cases)) {
  try {
    await run();
  } catch (error) {
    console.error(`not ok ${name}: ${error.stack}`);
    process.exit(1);
  }
  console.log(`ok ${name}`);
}
console.log(`all ${Object.keys(cases).length} cases`);
