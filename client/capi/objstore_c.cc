// The C interface over the C++ one: values across, errors across, and no exception.
#include <objstore/client.h>
#include <objstore/credentials.h>
#include <objstore/objstore.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <utility>

using objstore::Errc;
using objstore::Error;
using objstore::Result;
using objstore::Status;
namespace client = objstore::client;

struct objstore_client {
  client::Client client;
};

struct objstore_error {
  objstore_status status;
  std::string message;
};

namespace {

objstore_status status_of(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
    case Errc::kMalformed:
    case Errc::kTooLarge:
    case Errc::kTooSmall:
    case Errc::kInvalidRange:
    case Errc::kUnsupported:
      return OBJSTORE_INVALID;
    case Errc::kNoSuchBucket:
    case Errc::kNoSuchKey:
    case Errc::kNoSuchVersion:
    case Errc::kNoSuchUpload:
    case Errc::kNotFound:
      return OBJSTORE_NOT_FOUND;
    case Errc::kAccessDenied:
    case Errc::kUnknownAccessKey:
    case Errc::kSignatureMismatch:
    case Errc::kClockSkew:
    case Errc::kExpired:
      return OBJSTORE_DENIED;
    case Errc::kBucketExists:
    case Errc::kBucketOwnedByYou:
    case Errc::kBucketNotEmpty:
    case Errc::kPreconditionFailed:
    case Errc::kNotModified:
    case Errc::kConflict:
      return OBJSTORE_CONDITION;
    case Errc::kDigestMismatch:
    case Errc::kIncompleteBody:
    case Errc::kCorrupt:
      return OBJSTORE_WRONG_BYTES;
    case Errc::kUnavailable:
    case Errc::kTimeout:
    case Errc::kUnreachable:
      return OBJSTORE_UNAVAILABLE;
    default:
      return OBJSTORE_FAILED;
  }
}

objstore_status give(objstore_status status, std::string message, objstore_error** error) noexcept {
  if (error != nullptr) *error = new (std::nothrow) objstore_error{status, std::move(message)};
  return status;
}

// Runs what may throw (out of memory) and turns every failure into a status.
objstore_status guarded(objstore_error** error, const std::function<Status()>& run) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    const Status done = run();
    if (done) return OBJSTORE_OK;
    return give(status_of(done.error().code), done.error().message, error);
  } catch (const std::exception& thrown) {
    return give(OBJSTORE_FAILED, thrown.what(), error);
  } catch (...) {
    return give(OBJSTORE_FAILED, "unknown failure", error);
  }
}

Result<client::ObjectName> name_of(const char* bucket, const char* key) {
  if (bucket == nullptr || key == nullptr) return objstore::fail(Errc::kInvalidArgument, "no bucket or no key");
  OBJSTORE_ASSIGN(auto bucket_name, objstore::BucketName::parse(bucket));
  OBJSTORE_ASSIGN(auto object_key, objstore::ObjectKey::parse(key));
  return client::ObjectName{std::move(bucket_name), std::move(object_key)};
}

template <std::size_t N>
void copy_text(char (&to)[N], const std::string& from) {
  const std::size_t size = std::min(from.size(), N - 1);
  std::memcpy(to, from.data(), size);
  to[size] = '\0';
}

// Members that the caller's version does not have are not touched.
void fill(objstore_object* to, const client::ObjectInfo& from) {
  if (to == nullptr) return;
  objstore_object full{};
  full.size = std::min(to->size, sizeof full);
  full.bytes = from.size;
  full.modified_ms = from.last_modified_ms;
  copy_text(full.etag, from.etag);
  copy_text(full.content_type, from.content_type);
  copy_text(full.checksum, from.checksum);
  std::memcpy(to, &full, full.size);
}

void fill(objstore_object* to, const client::PutResult& from) {
  client::ObjectInfo info;
  info.size = from.size;
  info.etag = from.etag;
  info.checksum = from.checksum;
  fill(to, info);
}

Result<client::ClientOptions> options_of(const objstore_options* given) {
  objstore_options options{};
  if (given != nullptr) std::memcpy(&options, given, std::min(given->size, sizeof options));
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  const auto choose = [](std::string first, const std::string& second, const char* otherwise) {
    return !first.empty() ? first : !second.empty() ? second : std::string(otherwise);
  };
  OBJSTORE_ASSIGN(client::Settings settings, client::load_settings({.profile = text(options.profile)}));
  client::ClientOptions out;
  out.endpoint = choose(text(options.endpoint), settings.endpoint, "http://127.0.0.1:9000");
  out.region = choose(text(options.region), settings.region, "us-east-1");
  out.ca_bundle = choose(text(options.ca_bundle), settings.ca_bundle, "");
  out.credentials = std::move(settings.credentials);
  if (options.access_key != nullptr || options.secret_key != nullptr) {
    out.credentials =
        client::Credentials{text(options.access_key), text(options.secret_key), text(options.session_token)};
  }
  if (settings.addressing == "virtual") out.addressing = client::Addressing::kVirtualHost;
  if (options.parallelism != 0) out.parallelism = options.parallelism;
  return out;
}

Status no_client() {
  return objstore::fail(Errc::kInvalidArgument, "no client");
}

}  // namespace

extern "C" {

const char* objstore_version(void) {
  return OBJSTORE_VERSION;
}

objstore_status objstore_client_open(const objstore_options* options, objstore_client** out, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (out == nullptr) return objstore::fail(Errc::kInvalidArgument, "no place for the client");
    *out = nullptr;
    OBJSTORE_ASSIGN(client::ClientOptions opened, options_of(options));
    OBJSTORE_ASSIGN(client::Client made, client::Client::create(std::move(opened)));
    *out = new objstore_client{std::move(made)};
    return {};
  });
}

void objstore_client_close(objstore_client* client) {
  delete client;
}

objstore_status objstore_error_status(const objstore_error* error) {
  return error == nullptr ? OBJSTORE_OK : error->status;
}

const char* objstore_error_message(const objstore_error* error) {
  return error == nullptr ? "" : error->message.c_str();
}

void objstore_error_free(objstore_error* error) {
  delete error;
}

objstore_status objstore_create_bucket(objstore_client* c, const char* bucket, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr || bucket == nullptr) return no_client();
    OBJSTORE_ASSIGN(const auto name, objstore::BucketName::parse(bucket));
    return c->client.create_bucket(name);
  });
}

objstore_status objstore_put_file(objstore_client* c, const char* bucket, const char* key, const char* path,
                                  objstore_object* object, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr || path == nullptr) return no_client();
    OBJSTORE_ASSIGN(const auto to, name_of(bucket, key));
    OBJSTORE_ASSIGN(const auto put, c->client.put_file(to, path));
    fill(object, put);
    return {};
  });
}

objstore_status objstore_put_bytes(objstore_client* c, const char* bucket, const char* key, const void* bytes,
                                   size_t length, objstore_object* object, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr || (bytes == nullptr && length > 0)) return no_client();
    OBJSTORE_ASSIGN(const auto to, name_of(bucket, key));
    OBJSTORE_ASSIGN(const auto put, c->client.put_bytes(to, {static_cast<const std::byte*>(bytes), length}));
    fill(object, put);
    return {};
  });
}

objstore_status objstore_get_file(objstore_client* c, const char* bucket, const char* key, const char* path,
                                  objstore_object* object, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr || path == nullptr) return no_client();
    OBJSTORE_ASSIGN(const auto from, name_of(bucket, key));
    OBJSTORE_ASSIGN(const auto info, c->client.get_file(from, path));
    fill(object, info);
    return {};
  });
}

objstore_status objstore_get_bytes(objstore_client* c, const char* bucket, const char* key, size_t bytes_max,
                                   void** bytes, size_t* length, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr || bytes == nullptr || length == nullptr) return no_client();
    OBJSTORE_ASSIGN(const auto from, name_of(bucket, key));
    std::string body;
    const auto write = [&](std::span<const std::byte> piece) -> Status {
      if (piece.size() > bytes_max - body.size()) return objstore::fail(Errc::kTooLarge, "the object is larger");
      body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      return {};
    };
    const auto info = c->client.get(from, write);
    if (!info) return std::unexpected(info.error());
    void* out = std::malloc(std::max<std::size_t>(body.size(), 1));
    if (out == nullptr) return objstore::fail(Errc::kInternal, "out of memory");
    std::memcpy(out, body.data(), body.size());
    *bytes = out;
    *length = body.size();
    return {};
  });
}

void objstore_bytes_free(void* bytes) {
  std::free(bytes);
}

objstore_status objstore_head(objstore_client* c, const char* bucket, const char* key, objstore_object* object,
                              objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr) return no_client();
    OBJSTORE_ASSIGN(const auto from, name_of(bucket, key));
    OBJSTORE_ASSIGN(const auto info, c->client.head(from));
    fill(object, info);
    return {};
  });
}

objstore_status objstore_remove(objstore_client* c, const char* bucket, const char* key, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr) return no_client();
    OBJSTORE_ASSIGN(const auto object, name_of(bucket, key));
    return c->client.remove(object);
  });
}

objstore_status objstore_list(objstore_client* c, const char* bucket, const char* prefix, objstore_visit visit,
                              void* context, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr || bucket == nullptr || visit == nullptr) return no_client();
    OBJSTORE_ASSIGN(const auto name, objstore::BucketName::parse(bucket));
    auto pager = c->client.list(name, {.prefix = prefix == nullptr ? "" : prefix});
    while (true) {
      OBJSTORE_ASSIGN(const auto page, pager.next());
      if (!page) return {};
      for (const auto& entry : page->objects) {
        if (visit(context, entry.key.c_str(), entry.size) != 0) return {};
      }
    }
  });
}

objstore_status objstore_put_file_delta(objstore_client* c, const char* bucket, const char* key, const char* path,
                                        uint64_t* sent_bytes, objstore_error** error) {
  return guarded(error, [&]() -> Status {
    if (c == nullptr || path == nullptr) return no_client();
    OBJSTORE_ASSIGN(const auto to, name_of(bucket, key));
    OBJSTORE_ASSIGN(const auto put, c->client.put_file_delta(to, path, to));
    if (sent_bytes != nullptr) *sent_bytes = put.sent_bytes;
    return {};
  });
}

}  // extern "C"
