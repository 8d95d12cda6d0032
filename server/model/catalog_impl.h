// The catalogue as it is: the class behind catalog.h, spread over a file for each family of operations.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/catalog.h"
#include "server/model/model_rows.h"
#include "server/storage/commit_loop.h"
#include "server/storage/engine.h"

namespace objstore::model {

inline constexpr std::size_t kInlineBytesMax = 2048;
// What a multipart object may be strung together from: its parts, and the pieces of those that were copied.
inline constexpr std::size_t kExtentsMax = 50'000;
inline constexpr std::chrono::hours kCompletedKept{24};
// Rows that one page of a listing looks at beyond those that it shows: current versions that are delete markers.
inline constexpr std::size_t kMarkersPerPageMax = 10'000;

// A row as it was read, for the precondition that it still is so.
template <typename Row>
struct Stored {
  std::string bytes;
  Row row;
};

// A version of a key: the current one in table objects, an older one in table versions.
struct StoredObject {
  storage::Table table = storage::Table::kObjects;
  std::string row_key;
  std::string bytes;
  ObjectRow row;
};

class CatalogImpl final : public Catalog {
 public:
  CatalogImpl(storage::Engine& engine, Executor& executor, const Clock& clock)
      : engine_(engine), executor_(executor), clock_(clock) {}
  // Returns buckets and uploads that a crash left in between to a state in which they can be used.
  Status recover();

  Ticket<Done> create_bucket(const BucketName& name, std::string owner_account, std::string region,
                             BucketOptions options) override;
  Result<BucketInfo> get_bucket(const BucketName& name) override;
  Ticket<Done> delete_bucket(const BucketName& name) override;
  Ticket<Done> set_versioning(const BucketName& name, Versioning versioning) override;
  Result<std::optional<std::string>> get_document(const BucketInfo& bucket, BucketDocument document) override;
  Ticket<Done> set_document(const BucketName& bucket, BucketDocument document, std::string content) override;
  Ticket<Done> remove_document(const BucketName& bucket, BucketDocument document) override;
  Result<BucketPage> list_buckets(const BucketQuery& query) override;
  Result<Totals> totals() override;

  Result<std::unique_ptr<ObjectWriter>> begin_put(const BucketName& bucket, const ObjectKey& key) override;
  Result<ObjectInfo> head(const BucketName& bucket, const ObjectKey& key, const VersionChoice& version) override;
  Result<std::unique_ptr<OpenObject>> open_object(const BucketName& bucket, const ObjectKey& key,
                                                  const VersionChoice& version) override;
  Result<ObjectInfo> head_or_marker(const BucketName& bucket, const ObjectKey& key,
                                    const VersionChoice& version) override;
  Ticket<DeleteResult> remove(const BucketName& bucket, const ObjectKey& key, Condition condition,
                              VersionChoice version) override;
  Ticket<ObjectInfo> set_tags(const BucketName& bucket, const ObjectKey& key, const VersionChoice& version,
                              NameValues tags) override;
  Ticket<ObjectInfo> copy(const CopySource& source, const BucketName& bucket, const ObjectKey& key,
                          CopyOptions options) override;
  Result<ListPage> list(const BucketName& bucket, const ListQuery& query) override;
  Result<VersionPage> list_versions(const BucketName& bucket, const VersionQuery& query) override;

  Ticket<UploadInfo> create_upload(const BucketName& bucket, const ObjectKey& key, UploadOptions options) override;
  Result<UploadInfo> get_upload(const BucketName& bucket, const ObjectKey& key, std::string_view upload_id) override;
  Result<std::unique_ptr<PartWriter>> begin_part(const BucketName& bucket, const ObjectKey& key,
                                                 std::string_view upload_id, std::uint32_t number) override;
  Ticket<PartInfo> copy_part(const CopySource& source, std::optional<ByteRange> range, const BucketName& bucket,
                             const ObjectKey& key, std::string_view upload_id, std::uint32_t number) override;
  Result<PartPage> list_parts(const BucketName& bucket, const ObjectKey& key, std::string_view upload_id,
                              std::uint32_t after, std::size_t max_parts) override;
  Result<UploadPage> list_uploads(const BucketName& bucket, const UploadQuery& query) override;
  Ticket<ObjectInfo> complete(const BucketName& bucket, const ObjectKey& key, std::string_view upload_id,
                              CompleteOptions options) override;
  Ticket<Done> abort(const BucketName& bucket, const ObjectKey& key, std::string_view upload_id) override;

  // --- Shared by the files of this folder.
  template <typename T>
  using Attempt = storage::Attempt<T>;

  storage::Engine& engine() { return engine_; }
  const Clock& clock() const { return clock_; }

  template <typename T>
  Ticket<T> commit(std::move_only_function<Result<Attempt<T>>()> build) {
    return storage::commit_loop<T>(engine_.committer(), executor_, std::move(build));
  }

  // kNoSuchBucket; kConflict while it is being deleted (for writes only).
  Result<Stored<BucketRow>> read_bucket(std::string_view name);
  Result<Stored<BucketRow>> bucket_for_write(std::string_view name);
  // The row of the current version, or of the one that is asked for; it may be a delete marker.
  Result<std::optional<StoredObject>> read_object(std::uint64_t bucket, std::string_view key,
                                                  const VersionChoice& version = {});
  static Result<std::optional<StoredObject>> find_object(const storage::MetadataReader& reader, std::uint64_t bucket,
                                                         std::string_view key, const VersionChoice& version);
  // A delete marker is no object: kNoSuchKey, with a version kNoSuchVersion.
  Result<StoredObject> existing_object(std::uint64_t bucket, std::string_view key, const VersionChoice& version);
  static Result<StoredObject> as_object(std::optional<StoredObject> found, const VersionChoice& version);
  // States that the bucket is as it was read: then it has not begun to be deleted.
  static void expect(storage::Batch& batch, const Stored<BucketRow>& bucket);
  static void expect(storage::Batch& batch, const StoredObject& object);
  // States that the key's row is as it was read, and makes `fresh` the current version: rows, counters, references.
  // What was current becomes an older version or goes, as the bucket's versioning has it.
  Status replace(storage::Batch& batch, const Stored<BucketRow>& bucket, const std::optional<StoredObject>& current,
                 ObjectRow& fresh);
  // Takes a version away with everything that belongs to it. Of the current one: the place is left empty.
  void drop(storage::Batch& batch, const Stored<BucketRow>& bucket, const StoredObject& old);
  // Makes the newest older version the current one, in the batch that drops the one that was.
  Status promote(storage::Batch& batch, const Stored<BucketRow>& bucket, const StoredObject& dropped);
  Result<std::string> companion(storage::Table table, const std::string& key, const StoredObject& object);
  static Status check(const Condition& condition, const std::optional<StoredObject>& current);
  // Numbers, version id and time of a new row. After the present row has been read: a later version has a greater
  // sequence.
  void stamp(const Stored<BucketRow>& bucket, ObjectRow& row);

  // kNoSuchUpload; kUnavailable while it is completing and `open_only`.
  Result<Stored<UploadRow>> read_upload(std::uint64_t bucket, std::string_view key, std::string_view upload_id);
  Result<Stored<UploadRow>> open_upload(std::uint64_t bucket, std::string_view key, std::string_view upload_id);
  Result<std::vector<PartRow>> read_parts(std::string_view upload_id);
  // Puts a part's row in place of the one that is there, on condition that the upload is open as it was read.
  Status put_part(storage::Batch& batch, const std::string& upload_row_key, std::string_view upload_id,
                  const Stored<UploadRow>& upload, const PartRow& part);

 private:
  Result<Attempt<DeleteResult>> remove_current(const BucketName& bucket, const ObjectKey& key,
                                               const Condition& condition);
  Result<Attempt<DeleteResult>> remove_version(const BucketName& bucket, const ObjectKey& key,
                                               const Condition& condition, const VersionId& version);
  // `bytes`: the upload's row as it is stored now.
  Status erase_upload(const std::string& row_key, std::string_view upload_id, std::string bytes);
  Result<Stored<UploadRow>> move_upload(const std::string& row_key, const Stored<UploadRow>& upload, UploadState state);
  Result<ObjectInfo> publish_upload(const BucketName& bucket, const UploadName& name, const Stored<UploadRow>& upload,
                                    const CompleteOptions& options);
  Status recover_uploads();
  Status recover_buckets();
  Status forget_completed(UnixMillis before);
  // kTooLarge; nothing as content removes the document.
  Ticket<Done> write_document(const BucketName& bucket, BucketDocument document, std::optional<std::string> content);
  Status erase_documents(storage::Batch& batch, std::uint64_t bucket);
  static Status put_documents(storage::Batch& batch, std::uint64_t bucket, const BucketDocuments& documents);
  Result<bool> bucket_is_empty(std::uint64_t bucket);
  Status set_bucket_state(const Stored<BucketRow>& bucket, BucketState state);

  storage::Engine& engine_;
  Executor& executor_;
  const Clock& clock_;
};

}  // namespace objstore::model
