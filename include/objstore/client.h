// A client of Objstore, or of anything that speaks S3: buckets, objects, transfers of any size.
//
//   auto client = objstore::client::Client::create({.endpoint = "http://127.0.0.1:9000", .credentials = keys});
//   if (!client) return client.error();
//   auto put = client->put_file({bucket, key}, "build.tar.zst", {});
//
// Lifetime: a Client owns a pool of connections; pagers and running calls need it alive. Moving one that is in use is
// an error. Threads: every method may be called from any thread, also at once; calls block. Callbacks run on a thread
// of the call and before it returns. Errors: Errc says what to do, the message says what happened, with S3's code, the
// resource and the request id. Integrity: bodies leave with a CRC64NVME (CRC32 where a server knows no better), which
// the server checks before it acknowledges; what comes back is checked against the checksum that the server keeps.
// kDigestMismatch is a wrong byte.
#pragma once

#include <objstore/credentials.h>
#include <objstore/error.h>
#include <objstore/names.h>
#include <objstore/transfer.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace objstore::client {

enum class Addressing : std::uint8_t {
  kPath,         // http://host/bucket/key
  kVirtualHost,  // http://bucket.host/key
};

struct ClientOptions {
  std::string endpoint{};  // scheme://host[:port]
  std::string region = "us-east-1";
  std::optional<Credentials> credentials{};  // absent: requests are anonymous
  Addressing addressing = Addressing::kPath;
  std::string ca_bundle{};  // PEM file; empty: the system's authorities
  bool verify_tls = true;   // false accepts any certificate: whoever is in between reads everything
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds io_timeout{60'000};                 // longest silence of the other side
  unsigned attempts_max = 5;                                    // per request, the first one included
  std::uint64_t multipart_threshold = std::uint64_t{16} << 20;  // bodies of at least this many bytes go in parts
  // >= 5 MiB; grows so that 10,000 parts are enough. 0: 8 MiB, and more for bodies above 8 GiB, so that there are about
  // a thousand parts.
  std::uint64_t part_size = 0;
  unsigned parallelism = 4;      // parts or ranges of one transfer under way at once, 1-64
  unsigned connections_max = 0;  // idle ones that are kept; 0: twice the parallelism
  std::uint64_t rate_limit = 0;  // bytes of bodies a second, of all transfers together, each way; 0: none
};

class ListPager;

class Client {
 public:
  // kInvalidArgument when an option is out of its range. Does not connect.
  static Result<Client> create(ClientOptions options);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // kBucketOwnedByYou, kBucketExists when it is there already.
  Status create_bucket(const BucketName& bucket, const BucketOptions& options = {});
  // kBucketNotEmpty, kNoSuchBucket.
  Status delete_bucket(const BucketName& bucket);
  Result<std::vector<BucketInfo>> list_buckets();

  // An object becomes visible as a whole or not at all; a multipart upload that fails is aborted.
  Result<PutResult> put_bytes(const ObjectName& to, std::span<const std::byte> body, const PutOptions& options = {});
  // kConflict when the file is changed while it is read.
  Result<PutResult> put_file(const ObjectName& to, const std::string& path, const PutOptions& options = {});
  // A body of unknown length: held in memory part by part, at most `parallelism` + 1 of them.
  Result<PutResult> put_stream(const ObjectName& to, const ReadCallback& read, const PutOptions& options = {});

  // The same with an objd: sends only what differs from `base`, an object that the caller may read (often the one that
  // is replaced). Sends the whole file where that does not work: another server, no such base, a file below 1 MiB or
  // above 5 GiB, too much that differs. The server makes the object out of both, and keeps it only when the whole has
  // the file's checksum. Metadata and conditions are those of `options`.
  Result<DeltaPutResult> put_file_delta(const ObjectName& to, const std::string& path, const ObjectName& base,
                                        const PutOptions& options = {});

  // Bytes arrive in order and once, also when the connection has to be made anew in between. They are verified only at
  // the end: when the call fails, what was written must not be taken for the object.
  Result<ObjectInfo> get(const ObjectName& from, const WriteCallback& write, const GetOptions& options = {});
  // The file gets its name when it is complete and verified; before that it is a temporary one beside it. From 16 MiB
  // on the object comes as ranges, `parallelism` at once (of all files of a Client together at most 16 more than
  // files). kConflict when the object is replaced meanwhile, kNoSpace before anything is fetched where the disk can
  // tell.
  Result<ObjectInfo> get_file(const ObjectName& from, const std::string& path, const GetOptions& options = {});
  // The same with an objd: takes what it can out of `old_copy`, a file that is like the object (often `path` itself),
  // and fetches the rest. Fetches the whole object where that does not work. Verified either way.
  Result<DeltaGetResult> get_file_delta(const ObjectName& from, const std::string& path, const std::string& old_copy,
                                        const GetOptions& options = {});
  Result<ObjectInfo> head(const ObjectName& object, const GetOptions& options = {});

  // Does not send anything yet.
  ListPager list(const BucketName& bucket, ListOptions options = {});

  // Success also when there is no such object, as in S3.
  Status remove(const ObjectName& object);
  // Any number of keys, 1,000 a request. The list holds those that could not be removed; an error means that a whole
  // request failed and nothing is known about the rest.
  Result<std::vector<RemoveFailure>> remove_many(const BucketName& bucket, std::span<const ObjectKey> keys,
                                                 std::stop_token stop = {});

  // On the server; in parts above 5 GiB.
  Result<PutResult> copy(const ObjectName& from, const ObjectName& to, const CopyOptions& options = {});

  // --- Versions. A listing's page holds at most 1,000.
  Result<VersionPage> list_versions(const BucketName& bucket, const std::string& prefix, const ListMarker& from = {},
                                    std::stop_token stop = {});
  Result<Versioning> versioning(const BucketName& bucket);
  // kOff cannot be set: what is kept has to stay reachable.
  Status set_versioning(const BucketName& bucket, Versioning versioning);
  // For good. kNoSuchVersion is the server's to say; S3 answers as if it had been there.
  Status remove_version(const ObjectName& object, const std::string& version_id);

  // --- Tags. version_id: empty for the current one. An empty map removes all.
  Result<std::map<std::string, std::string>> tags(const ObjectName& object, const std::string& version_id = {});
  Status set_tags(const ObjectName& object, const std::map<std::string, std::string>& tags,
                  const std::string& version_id = {});

  // --- Documents of a bucket, passed through as they are. kNotFound when there is none; kUnsupported where the server
  // does not provide that kind.
  Result<std::string> document(const BucketName& bucket, BucketDocument kind);
  Status set_document(const BucketName& bucket, BucketDocument kind, const std::string& text);
  Status remove_document(const BucketName& bucket, BucketDocument kind);

  // --- Multipart uploads that are neither completed nor aborted.
  Result<UploadPage> list_uploads(const BucketName& bucket, const std::string& prefix, const ListMarker& from = {},
                                  std::stop_token stop = {});
  // All of them, in their order. kNoSuchUpload.
  Result<std::vector<PartEntry>> list_parts(const ObjectName& object, const std::string& upload_id);
  Status abort_upload(const ObjectName& object, const std::string& upload_id);

  // The server's clock minus this machine's, in milliseconds, by the Date of an answer (a second's resolution). Any
  // answer will do, also a refusal.
  Result<std::int64_t> clock_skew_ms();

  // A URL that carries the signature. kAccessDenied without credentials. Sends nothing.
  Result<std::string> presign(const ObjectName& object, const PresignOptions& options = {}) const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The pages of one listing, fetched one by one. Belongs to one thread at a time; the Client must outlive it.
class ListPager {
 public:
  ListPager(ListPager&&) noexcept;
  ListPager& operator=(ListPager&&) noexcept;
  ~ListPager();
  // The next page; nothing after the last one. A failed call may be repeated.
  Result<std::optional<ListPage>> next();

 private:
  friend class Client;
  struct Impl;
  explicit ListPager(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::client
