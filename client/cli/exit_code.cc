#include "client/cli/exit_code.h"

namespace objstore::cli {

ExitCode exit_code_of(Errc code) noexcept {
  switch (code) {
    case Errc::kInvalidArgument:
    case Errc::kTooLarge:
    case Errc::kTooSmall:
    case Errc::kInvalidRange:
    case Errc::kUnsupported:
      return kExitUsage;
    case Errc::kNoSuchBucket:
    case Errc::kNoSuchKey:
    case Errc::kNoSuchVersion:
    case Errc::kNoSuchUpload:
    case Errc::kNotFound:
      return kExitNotFound;
    case Errc::kAccessDenied:
    case Errc::kUnknownAccessKey:
    case Errc::kSignatureMismatch:
    case Errc::kClockSkew:
    case Errc::kExpired:
      return kExitDenied;
    case Errc::kBucketExists:
    case Errc::kBucketOwnedByYou:
    case Errc::kBucketNotEmpty:
    case Errc::kPreconditionFailed:
    case Errc::kNotModified:
    case Errc::kConflict:
      return kExitPrecondition;
    case Errc::kDigestMismatch:
    case Errc::kCorrupt:
    case Errc::kIncompleteBody:
      return kExitIntegrity;
    case Errc::kUnreachable:
    case Errc::kTimeout:
    case Errc::kUnavailable:
      return kExitUnreachable;
    case Errc::kCancelled:
      return kExitInterrupted;
    case Errc::kMalformed:
    case Errc::kInvalidPart:
    case Errc::kInvalidPartOrder:
    case Errc::kNoSpace:
    case Errc::kIo:
    case Errc::kInternal:
      return kExitPartial;
  }
  return kExitPartial;
}

void Tally::failed(Errc code) {
  const ExitCode exit = exit_code_of(code);
  if (failures_++ == 0) common_ = exit;
  if (common_ != exit) common_.reset();
  if (exit == kExitInterrupted) interrupted_ = true;
}

ExitCode Tally::exit_code() const noexcept {
  if (failures_ == 0) return kExitOk;
  if (interrupted_) return kExitInterrupted;
  if (succeeded_ > 0) return kExitPartial;
  return common_.value_or(kExitPartial);
}

}  // namespace objstore::cli
