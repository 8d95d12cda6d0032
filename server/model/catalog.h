// The catalogue: buckets, objects, multipart uploads and listings over the storage layer. What a front end calls.
//
// Any thread. Authorisation is not its business. Writes return Tickets: the operation is durable and visible when the
// ticket yields success, and did nothing when it yields an error (but kIo after a failed log sync: unknown until the
// store is opened again). Retries after lost races are made inside, on the executor; kConflict comes out only when a
// bucket is just being deleted or a bounded number of retries was lost.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/body_digest.h"
#include "common/base/buffer.h"
#include "common/base/executor.h"
#include "common/base/source.h"
#include "common/base/ticket.h"
#include "server/model/bucket_documents.h"
#include "server/model/types.h"

namespace objstore::storage {
class Engine;
}

namespace objstore::model {

// Bytes on their way in: of an object or of a part. One thread at a time. Destroyed before commit: nothing is visible.
class Writer {
 public:
  virtual ~Writer() = default;
  // kNoSpace, kUnavailable, kIo, kTooLarge (above kSinglePutBytesMax).
  virtual Status write(ByteView bytes) = 0;
  // Of a body that is known to be longer than what is kept inline: memory into which its next bytes may be put before
  // they are written. As storage::BlobWriter::room(); none where there is no such memory.
  virtual Room room(std::size_t bytes) {
    (void)bytes;
    return {};
  }
  // Before the first write or room: what seal() shall give, beside what the ETag is made of.
  virtual void want(BodyDigest::Wants wants) = 0;
  // Ends the body. Nothing may be written afterwards. Gives the digests of everything.
  virtual Result<BodyDigest::Digests> seal() = 0;
  virtual std::uint64_t size() const = 0;
};

class ObjectWriter : public Writer {
 public:
  struct Commit {
    ObjectAttributes attributes;
    std::optional<StoredChecksum> checksum;
    std::string owner_account;
    Condition condition;  // may be empty
  };
  // After seal(), once. kNoSuchBucket when the bucket went away.
  virtual Ticket<ObjectInfo> commit(Commit what) = 0;
};

class PartWriter : public Writer {
 public:
  // After seal(), once. kNoSuchUpload when the upload was completed or aborted meanwhile.
  virtual Ticket<PartInfo> commit(std::optional<StoredChecksum> checksum) = 0;
};

// An object that has been opened: its content stays readable while this lives, whatever happens to its key.
class OpenObject {
 public:
  virtual ~OpenObject() = default;
  virtual const ObjectInfo& info() const = 0;
  // The byte range must lie inside the object. Outlives this object safely.
  virtual std::unique_ptr<Source> read(ByteRange range) = 0;
  // The parts of a multipart object behind number `after`, at most `max`; none of another object.
  virtual Result<std::vector<PartInfo>> parts(std::uint32_t after, std::size_t max) = 0;
  // Where part `number` lies in a multipart object; for another object part 1 is the whole. kInvalidPart.
  virtual Result<ByteRange> part_range(std::uint32_t number) = 0;
};

struct CopySource {
  BucketName bucket;
  ObjectKey key;
  Condition condition;  // of the source; may be empty
  VersionChoice version = {};
};

struct CopyOptions {
  std::optional<ObjectAttributes> attributes;  // replaces the source's (metadata directive REPLACE)
  std::optional<NameValues> tags;              // replaces the source's tags
  std::string owner_account;
  Condition condition;  // of the destination; may be empty
};

struct BucketOptions {
  EtagKind etag = EtagKind::kMd5;
  BucketDocuments documents = {};  // what is configured for it from the start
};

struct CompleteOptions {
  std::vector<CompletedPart> parts;
  std::optional<StoredChecksum> checksum;    // of the whole object, as the client states it
  std::optional<std::uint64_t> object_size;  // x-amz-mp-object-size
  Condition condition;
};

class Catalog {
 public:
  // All outlive the catalogue. Recovers what a crash left: uploads that were completing, buckets that were being
  // deleted.
  static Result<std::unique_ptr<Catalog>> open(storage::Engine& engine, Executor& executor, const Clock& clock);
  virtual ~Catalog() = default;

  // kBucketOwnedByYou, kBucketExists; kTooLarge as set_document().
  virtual Ticket<Done> create_bucket(const BucketName& name, std::string owner_account, std::string region,
                                     BucketOptions options = {}) = 0;
  virtual Result<BucketInfo> get_bucket(const BucketName& name) = 0;  // kNoSuchBucket
  virtual Ticket<Done> delete_bucket(const BucketName& name) = 0;     // kBucketNotEmpty, kNoSuchBucket
  // Versioning::kNever is refused: kInvalidArgument. kNoSuchBucket.
  virtual Ticket<Done> set_versioning(const BucketName& name, Versioning versioning) = 0;

  // What is configured for a bucket, as its front end wrote it. Replaced as a whole, gone with the bucket.
  // Nothing when there is none. `bucket` as get_bucket() gave it; kIo, kCorrupt.
  virtual Result<std::optional<std::string>> get_document(const BucketInfo& bucket, BucketDocument document) = 0;
  // kNoSuchBucket; kTooLarge above kBucketDocumentBytesMax.
  virtual Ticket<Done> set_document(const BucketName& bucket, BucketDocument document, std::string content) = 0;
  // Success also when there is none. kNoSuchBucket.
  virtual Ticket<Done> remove_document(const BucketName& bucket, BucketDocument document) = 0;

  struct BucketQuery {
    std::string owner_account;
    std::string prefix;
    std::string after;
    std::size_t max_buckets = 10'000;
  };
  struct BucketPage {
    std::vector<BucketInfo> buckets;
    bool truncated = false;
  };
  virtual Result<BucketPage> list_buckets(const BucketQuery& query) = 0;

  virtual Result<std::unique_ptr<ObjectWriter>> begin_put(const BucketName& bucket, const ObjectKey& key) = 0;
  // kNoSuchBucket; kNoSuchKey; with a version kNoSuchVersion. A delete marker is no object.
  virtual Result<ObjectInfo> head(const BucketName& bucket, const ObjectKey& key,
                                  const VersionChoice& version = {}) = 0;
  virtual Result<std::unique_ptr<OpenObject>> open_object(const BucketName& bucket, const ObjectKey& key,
                                                          const VersionChoice& version = {}) = 0;
  // As head(), but a delete marker is an answer, too.
  virtual Result<ObjectInfo> head_or_marker(const BucketName& bucket, const ObjectKey& key,
                                            const VersionChoice& version) = 0;
  // Without a version: removes the object, or hides it by a delete marker where versions are kept. With one: removes
  // that version for good, and an older one becomes current if it was. Success also when there is no such key or
  // version. The condition is asked of the version that goes or is hidden.
  virtual Ticket<DeleteResult> remove(const BucketName& bucket, const ObjectKey& key, Condition condition,
                                      VersionChoice version = {}) = 0;
  // Replaces the tags. The object stays the same version. Errors as head().
  virtual Ticket<ObjectInfo> set_tags(const BucketName& bucket, const ObjectKey& key, const VersionChoice& version,
                                      NameValues tags) = 0;
  // Moves no bytes. The copy keeps the source's ETag and checksum.
  virtual Ticket<ObjectInfo> copy(const CopySource& source, const BucketName& bucket, const ObjectKey& key,
                                  CopyOptions options) = 0;
  virtual Result<ListPage> list(const BucketName& bucket, const ListQuery& query) = 0;
  virtual Result<VersionPage> list_versions(const BucketName& bucket, const VersionQuery& query) = 0;

  // Multipart uploads. kNoSuchUpload when the id is not one of this bucket and key.
  virtual Ticket<UploadInfo> create_upload(const BucketName& bucket, const ObjectKey& key, UploadOptions options) = 0;
  virtual Result<UploadInfo> get_upload(const BucketName& bucket, const ObjectKey& key, std::string_view upload_id) = 0;
  virtual Result<std::unique_ptr<PartWriter>> begin_part(const BucketName& bucket, const ObjectKey& key,
                                                         std::string_view upload_id, std::uint32_t number) = 0;
  // Without a range: the whole source. Moves no bytes, so the part's ETag is its MD5 only where the source's is known.
  // kInvalidRange.
  virtual Ticket<PartInfo> copy_part(const CopySource& source, std::optional<ByteRange> range, const BucketName& bucket,
                                     const ObjectKey& key, std::string_view upload_id, std::uint32_t number) = 0;
  virtual Result<PartPage> list_parts(const BucketName& bucket, const ObjectKey& key, std::string_view upload_id,
                                      std::uint32_t after, std::size_t max_parts) = 0;
  virtual Result<UploadPage> list_uploads(const BucketName& bucket, const UploadQuery& query) = 0;
  // kInvalidPart, kInvalidPartOrder, kTooSmall, kInvalidArgument (checksum, size). Answers again for 24 h.
  virtual Ticket<ObjectInfo> complete(const BucketName& bucket, const ObjectKey& key, std::string_view upload_id,
                                      CompleteOptions options) = 0;
  virtual Ticket<Done> abort(const BucketName& bucket, const ObjectKey& key, std::string_view upload_id) = 0;

  struct Totals {
    std::uint64_t buckets = 0;
    std::uint64_t objects = 0;        // versions of objects, without delete markers
    std::uint64_t logical_bytes = 0;  // what their sizes add up to
  };
  virtual Result<Totals> totals() = 0;
};

}  // namespace objstore::model
