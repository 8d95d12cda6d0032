#include <objstore/error.h>

namespace objstore {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::kInvalidArgument:
      return "InvalidArgument";
    case Errc::kMalformed:
      return "Malformed";
    case Errc::kTooLarge:
      return "TooLarge";
    case Errc::kTooSmall:
      return "TooSmall";
    case Errc::kInvalidRange:
      return "InvalidRange";
    case Errc::kIncompleteBody:
      return "IncompleteBody";
    case Errc::kDigestMismatch:
      return "DigestMismatch";
    case Errc::kUnsupported:
      return "Unsupported";
    case Errc::kAccessDenied:
      return "AccessDenied";
    case Errc::kUnknownAccessKey:
      return "UnknownAccessKey";
    case Errc::kSignatureMismatch:
      return "SignatureMismatch";
    case Errc::kClockSkew:
      return "ClockSkew";
    case Errc::kExpired:
      return "Expired";
    case Errc::kNoSuchBucket:
      return "NoSuchBucket";
    case Errc::kNoSuchKey:
      return "NoSuchKey";
    case Errc::kNoSuchVersion:
      return "NoSuchVersion";
    case Errc::kNoSuchUpload:
      return "NoSuchUpload";
    case Errc::kNotFound:
      return "NotFound";
    case Errc::kBucketExists:
      return "BucketExists";
    case Errc::kBucketOwnedByYou:
      return "BucketOwnedByYou";
    case Errc::kBucketNotEmpty:
      return "BucketNotEmpty";
    case Errc::kInvalidPart:
      return "InvalidPart";
    case Errc::kInvalidPartOrder:
      return "InvalidPartOrder";
    case Errc::kPreconditionFailed:
      return "PreconditionFailed";
    case Errc::kNotModified:
      return "NotModified";
    case Errc::kConflict:
      return "Conflict";
    case Errc::kUnavailable:
      return "Unavailable";
    case Errc::kNoSpace:
      return "NoSpace";
    case Errc::kTimeout:
      return "Timeout";
    case Errc::kCancelled:
      return "Cancelled";
    case Errc::kUnreachable:
      return "Unreachable";
    case Errc::kCorrupt:
      return "Corrupt";
    case Errc::kIo:
      return "Io";
    case Errc::kInternal:
      return "Internal";
  }
  return "Unknown";
}

}  // namespace objstore
