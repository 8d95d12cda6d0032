#include "server/api/s3/checksum_request.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/wire/aws_chunked.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kPrefix = "x-amz-checksum-";
constexpr std::string_view kSdkAlgorithm = "x-amz-sdk-checksum-algorithm";

// Not a checksum, though the prefix fits.
bool is_control(std::string_view name) {
  return name == "x-amz-checksum-mode" || name == "x-amz-checksum-algorithm" || name == "x-amz-checksum-type";
}

std::unexpected<Failure> several_checksums() {
  return refuse(Code::kInvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
}

std::unexpected<Failure> unknown_algorithm(std::string_view where) {
  return refuse(Code::kInvalidRequest,
                "The algorithm type you specified in " + std::string(where) +
                    " is invalid. Supported are CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3 "
                    "and XXHASH128.");
}

struct Stated {
  std::optional<wire::ChecksumAlgorithm> algorithm;
  std::string value;
};

// The one x-amz-checksum-<algorithm> header, its value not looked at.
Outcome<Stated> stated_in_headers(const wire::Headers& headers) {
  Stated out;
  for (const wire::Header& header : headers) {
    const std::string name = to_lower(header.name);
    if (!name.starts_with(kPrefix) || is_control(name)) continue;
    const auto algorithm = wire::checksum_from_header(name);
    if (!algorithm) return unknown_algorithm("the x-amz-checksum- header");
    if (out.algorithm) return several_checksums();
    out = Stated{algorithm, header.value};
  }
  return out;
}

Outcome<void> read_trailers(const wire::Headers& headers, bool has_trailer_section, ChecksumRequest& out) {
  const auto announced = headers.find("x-amz-trailer");
  if (!announced) return {};
  if (!has_trailer_section)
    return refuse(Code::kInvalidRequest, "x-amz-trailer needs a payload with a trailer (x-amz-content-sha256)");
  auto names = wire::parse_trailer_names(*announced);
  if (!names || headers.count("x-amz-trailer") > 1) return refuse(Code::kMalformedTrailerError);
  for (const std::string& name : *names) {
    const auto algorithm = wire::checksum_from_header(name);
    if (!algorithm)
      return refuse(Code::kMalformedTrailerError, "The trailer that x-amz-trailer names is not supported");
    if (out.algorithm) return several_checksums();
    out.algorithm = algorithm;
  }
  out.trailers = std::move(*names);
  return {};
}

Outcome<void> compare_with_sdk(const wire::Headers& headers, const ChecksumRequest& found) {
  const auto name = headers.find(kSdkAlgorithm);
  // SDKs name an algorithm also where they then send Content-MD5.
  if (!name || (!found.algorithm && headers.contains("content-md5"))) return {};
  const auto algorithm = wire::checksum_from_name(*name);
  if (!algorithm) return refuse(Code::kInvalidRequest, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
  if (!found.algorithm)
    return refuse(Code::kInvalidRequest,
                  "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                  "headers were found.");
  if (*algorithm != *found.algorithm)
    return refuse(Code::kInvalidRequest, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
  return {};
}

}  // namespace

std::string_view checksum_type_name(bool composite) noexcept {
  return composite ? "COMPOSITE" : "FULL_OBJECT";
}

std::unexpected<Failure> checksum_mismatch(wire::ChecksumAlgorithm algorithm) {
  return refuse(Code::kBadDigest, "The " + std::string(wire::checksum_name(algorithm)) +
                                      " you specified did not match the calculated checksum.");
}

Outcome<ChecksumRequest> read_checksum_request(const wire::Headers& headers, bool has_trailer_section) {
  ChecksumRequest out;
  OBJSTORE_S3_ASSIGN(Stated stated, stated_in_headers(headers));
  out.algorithm = stated.algorithm;
  out.stated = std::move(stated.value);
  // Known at once to match no body: nothing is read.
  if (out.algorithm && !wire::decode_checksum(*out.algorithm, out.stated)) return checksum_mismatch(*out.algorithm);
  OBJSTORE_S3_TRY(read_trailers(headers, has_trailer_section, out));
  OBJSTORE_S3_TRY(compare_with_sdk(headers, out));
  return out;
}

Outcome<UploadChecksum> read_upload_checksum(const wire::Headers& headers) {
  UploadChecksum out;
  const auto type = headers.find("x-amz-checksum-type");
  if (type && *type != "COMPOSITE" && *type != "FULL_OBJECT")
    return refuse(Code::kInvalidRequest, "Value for x-amz-checksum-type header is invalid.");
  const auto name = headers.find("x-amz-checksum-algorithm");
  if (!name) {
    if (type)
      return refuse(Code::kInvalidRequest,
                    "The x-amz-checksum-type header can only be used with the "
                    "x-amz-checksum-algorithm header.");
    return out;
  }
  out.algorithm = wire::checksum_from_name(*name);
  if (!out.algorithm) return unknown_algorithm("x-amz-checksum-algorithm");
  out.composite = type ? *type == "COMPOSITE" : *out.algorithm != wire::ChecksumAlgorithm::kCrc64Nvme;
  const bool possible =
      out.composite ? *out.algorithm != wire::ChecksumAlgorithm::kCrc64Nvme : wire::checksum_is_crc(*out.algorithm);
  if (!possible)
    return refuse(Code::kInvalidRequest, "The " + std::string(checksum_type_name(out.composite)) +
                                             " checksum type cannot be used with the " + to_lower(*name) +
                                             " checksum algorithm.");
  return out;
}

Outcome<std::optional<model::StoredChecksum>> read_object_checksum(const wire::Headers& headers) {
  OBJSTORE_S3_ASSIGN(Stated stated, stated_in_headers(headers));
  if (!stated.algorithm) return std::optional<model::StoredChecksum>();
  const std::size_t dash = stated.value.find('-');  // not a character of base64
  const std::string_view digest = std::string_view(stated.value).substr(0, dash);
  const bool composite = dash != std::string::npos;
  if (!wire::decode_checksum(*stated.algorithm, digest)) return checksum_mismatch(*stated.algorithm);
  return model::StoredChecksum{std::string(wire::checksum_name(*stated.algorithm)), std::move(stated.value), composite};
}

}  // namespace objstore::s3
