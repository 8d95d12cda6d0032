// Names that cross function boundaries as types, so that a key is never passed where a bucket is wanted.
//
// Values; immutable after construction; cheap to copy as strings are.
#pragma once

#include <objstore/error.h>

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace objstore {

// A bucket's name, valid under S3's general rules: 3-63 of [a-z0-9.-], starts and ends with a letter or digit, no "..",
// ".-" or "-.", not in the shape of an IPv4 address, none of the reserved prefixes ("xn--", "sthree-", "amzn-s3-demo-")
// and suffixes ("-s3alias", "--ol-s3", ".mrap", "--x-s3").
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
class BucketName {
 public:
  // kInvalidArgument when the name breaks a rule; the message says which.
  static Result<BucketName> parse(std::string_view text);
  const std::string& str() const noexcept { return text_; }
  auto operator<=>(const BucketName&) const = default;

 private:
  explicit BucketName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// An object's key: 1-1,024 bytes of valid UTF-8 without NUL. Opaque: "..", "//" and a leading "/" mean nothing.
class ObjectKey {
 public:
  static constexpr std::size_t kBytesMax = 1024;
  // kTooLarge above kBytesMax; kInvalidArgument when empty, not UTF-8 or with NUL.
  static Result<ObjectKey> parse(std::string_view text);
  const std::string& str() const noexcept { return text_; }
  auto operator<=>(const ObjectKey&) const = default;

 private:
  explicit ObjectKey(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace objstore
