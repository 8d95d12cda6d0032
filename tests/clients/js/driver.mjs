// The AWS SDK for JavaScript, with its default checksums, against the server named by the environment:
// ENDPOINT, BUCKET and AWS_*. Prints one line "ok NAME" for each case; the first failure ends it with status 1.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command,
  PutObjectCommand, S3Client, paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const Bucket = process.env.BUCKET;
const client = new S3Client({ endpoint: process.env.ENDPOINT, forcePathStyle: true, maxAttempts: 1 });
const send = (command) => client.send(command);
const body = async (Key, more = {}) =>
  Buffer.from(await (await send(new GetObjectCommand({ Bucket, Key, ...more }))).Body.transformToByteArray());

// Bytes that look random and are the same in every run.
function noise(length, seed = "objd") {
  const blocks = [];
  for (let i = 0; i * 32 < length; ++i) blocks.push(createHash("sha256").update(`${seed}/${i}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

async function rejects(promise, status, name) {
  const error = await promise.then(() => assert.fail("no error"), (e) => e);
  assert.equal(error.$metadata?.httpStatusCode, status, `${error}`);
  if (name) assert.equal(error.name, name);
}

const cases = {
  async put_and_get_a_string() {
    const put = await send(new PutObjectCommand({ Bucket, Key: "a/string", Body: "hello", ContentType: "text/plain" }));
    assert.equal(put.ETag, `"${createHash("md5").update("hello").digest("hex")}"`);
    assert.equal(put.ChecksumCRC32, "NhCmhg==");
    const got = await send(new GetObjectCommand({ Bucket, Key: "a/string", ChecksumMode: "ENABLED" }));
    assert.equal(await got.Body.transformToString(), "hello");
    assert.equal(got.ContentType, "text/plain");
    assert.equal(got.ChecksumCRC32, "NhCmhg==");
  },
  // A stream makes the SDK send aws-chunked with a checksum in the trailer.
  async put_a_stream_with_a_trailing_checksum() {
    const data = noise(3_000_001);
    const put = await send(new PutObjectCommand({
      Bucket, Key: "a/stream", Body: Readable.from([data.subarray(0, 7), data.subarray(7)]), ContentLength: data.length,
    }));
    assert.ok(put.ChecksumCRC32);
    const head = await send(new HeadObjectCommand({ Bucket, Key: "a/stream" }));
    assert.equal(head.ContentLength, data.length);
    assert.ok(!/aws-chunked/.test(head.ContentEncoding ?? ""));
    assert.ok(data.equals(await body("a/stream")));
  },
  async every_checksum_algorithm_of_the_sdk() {
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
      const Key = `sum/${ChecksumAlgorithm}`;
      const put = await send(new PutObjectCommand({ Bucket, Key, Body: noise(70_000), ChecksumAlgorithm }));
      assert.ok(put[`Checksum${ChecksumAlgorithm}`], ChecksumAlgorithm);
      assert.ok(noise(70_000).equals(await body(Key)));
    }
  },
  async a_wrong_checksum_is_refused() {
    await rejects(send(new PutObjectCommand({ Bucket, Key: "bad", Body: "hello", ChecksumCRC32: "AAAAAA==" })), 400);
    await rejects(send(new HeadObjectCommand({ Bucket, Key: "bad" })), 404);
  },
  async a_part_of_an_object() {
    assert.ok(noise(3_000_001).subarray(1000, 2000).equals(await body("a/stream", { Range: "bytes=1000-1999" })));
  },
  async metadata_with_a_copy() {
    await send(new PutObjectCommand({ Bucket, Key: "meta", Body: "x", Metadata: { colour: "blue" }, CacheControl: "no-cache" }));
    await send(new CopyObjectCommand({ Bucket, Key: "meta copy +%", CopySource: `${Bucket}/meta` }));
    const head = await send(new HeadObjectCommand({ Bucket, Key: "meta copy +%" }));
    assert.deepEqual([head.Metadata.colour, head.CacheControl], ["blue", "no-cache"]);
  },
  async conditions() {
    await rejects(send(new PutObjectCommand({ Bucket, Key: "meta", Body: "y", IfNoneMatch: "*" })), 412, "PreconditionFailed");
    await rejects(send(new GetObjectCommand({ Bucket, Key: "meta", IfMatch: '"0"' })), 412, "PreconditionFailed");
    await rejects(send(new GetObjectCommand({ Bucket, Key: "absent" })), 404, "NoSuchKey");
  },
  async upload_in_parts() {
    const data = noise(17_000_000);
    const upload = new Upload({ client, partSize: 5 << 20, queueSize: 3,
      params: { Bucket, Key: "parts", Body: Readable.from(data), Metadata: { by: "lib-storage" } } });
    const done = await upload.done();
    assert.match(done.ETag, /^"[0-9a-f]{32}-4"$/);
    assert.ok(data.equals(await body("parts")));
    assert.equal((await send(new HeadObjectCommand({ Bucket, Key: "parts" }))).Metadata.by, "lib-storage");
  },
  async presigned_urls() {
    const put = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: "signed ä" }), { expiresIn: 60 });
    assert.equal((await fetch(put, { method: "PUT", body: "by url" })).status, 200);
    const get = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "signed ä" }), { expiresIn: 60 });
    assert.equal(await (await fetch(get)).text(), "by url");
    assert.equal(await (await fetch(get, { headers: { Range: "bytes=3-5" } })).text(), "url");
    const broken = get.replace(/Signature=./, (m) => m.slice(0, -1) + (m.endsWith("0") ? "1" : "0"));
    assert.equal((await fetch(broken)).status, 403);
  },
  async list_pages() {
    await Promise.all(Array.from({ length: 25 }, (_, i) =>
      send(new PutObjectCommand({ Bucket, Key: `list/${String(i).padStart(2, "0")}/x`, Body: `${i}` }))));
    const keys = [];
    for await (const page of paginateListObjectsV2({ client, pageSize: 10 }, { Bucket, Prefix: "list/" }))
      keys.push(...page.Contents.map((c) => c.Key));
    assert.equal(keys.length, 25);
    assert.deepEqual(keys, [...keys].sort());
    const folders = await send(new ListObjectsV2Command({ Bucket, Prefix: "list/", Delimiter: "/" }));
    assert.equal(folders.CommonPrefixes.length, 25);
    assert.equal(folders.KeyCount, 25);
  },
  async delete_one_and_many() {
    await send(new DeleteObjectCommand({ Bucket, Key: "meta" }));
    await rejects(send(new HeadObjectCommand({ Bucket, Key: "meta" })), 404);
    const listed = await send(new ListObjectsV2Command({ Bucket }));
    const Objects = listed.Contents.map(({ Key }) => ({ Key }));
    const deleted = await send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.equal(deleted.Deleted.length, Objects.length);
    assert.equal((await send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
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
