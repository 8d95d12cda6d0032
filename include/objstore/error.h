// Errors of Objstore: what went wrong, in terms of what the caller can do or must tell its user.
//
// `Errc` is a closed list; a front end turns it into a protocol's code in one switch without default. Values are
// immutable and may be copied between threads. No function of this project throws across a file that calls a library.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace objstore {

enum class Errc : std::uint8_t {
  // The request itself is wrong: change it.
  kInvalidArgument,  // a value outside its range or shape
  kMalformed,        // a document or frame that cannot be parsed
  kTooLarge,         // larger than a named limit
  kTooSmall,         // smaller than a named limit
  kInvalidRange,     // a byte range that the object does not have
  kIncompleteBody,   // fewer or more bytes than announced
  kDigestMismatch,   // the body is not what its digest or checksum says
  kUnsupported,      // known, but not provided here
  // Who asks, and may they.
  kAccessDenied,       // identified, not allowed (or anonymous)
  kUnknownAccessKey,   // no such key, or disabled
  kSignatureMismatch,  // the signature is not the one that the secret gives
  kClockSkew,          // the request's time is too far from ours
  kExpired,            // valid once, not any more
  // The state of what is stored says no.
  kNoSuchBucket,
  kNoSuchKey,
  kNoSuchVersion,
  kNoSuchUpload,
  kNotFound,          // anything else that does not exist
  kBucketExists,      // taken by somebody else
  kBucketOwnedByYou,  // exists already, and is the caller's
  kBucketNotEmpty,
  kInvalidPart,  // a part that was not uploaded, or with another ETag
  kInvalidPartOrder,
  kPreconditionFailed,  // a condition that the caller stated does not hold
  kNotModified,         // a read condition says that the caller has it already
  kConflict,            // lost a race; the caller may read again and retry
  // The service cannot, now: retry later, perhaps elsewhere.
  kUnavailable,  // shutting down, read-only, overloaded
  kNoSpace,      // below the free-space watermark
  kTimeout,
  kCancelled,
  kUnreachable,  // no connection to the other side
  // Nothing the caller can do.
  kCorrupt,  // stored bytes fail their checksum, or a record cannot be read
  kIo,       // the operating system refused
  kInternal,
};

// Name of the enumerator without its prefix, for logs: "NoSuchKey".
std::string_view to_string(Errc code) noexcept;

struct Error {
  Errc code = Errc::kInternal;
  std::string message;  // one sentence for a person; added once, where the context is known
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace objstore

// Returns the error of a Result or Status expression to the caller.
#define OBJSTORE_TRY(expr)                                                               \
  do {                                                                                   \
    if (auto objstore_try_status = (expr); !objstore_try_status)                         \
      return std::unexpected<::objstore::Error>(std::move(objstore_try_status.error())); \
  } while (false)

#define OBJSTORE_CONCAT_INNER(a, b) a##b
#define OBJSTORE_CONCAT(a, b) OBJSTORE_CONCAT_INNER(a, b)
// OBJSTORE_ASSIGN(auto x, f()): x is f()'s value, or the caller gets f()'s error.
#define OBJSTORE_ASSIGN(decl, expr) OBJSTORE_ASSIGN_INNER(OBJSTORE_CONCAT(objstore_result_, __LINE__), decl, expr)
#define OBJSTORE_ASSIGN_INNER(tmp, decl, expr)                                 \
  auto tmp = (expr);                                                           \
  if (!tmp) return std::unexpected<::objstore::Error>(std::move(tmp.error())); \
  decl = std::move(*tmp)
