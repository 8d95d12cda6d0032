// First byte: the form; second: the pieces in which the body arrives; third and fourth: the decoded length. How a body
// is cut into pieces must make no difference.
#include <algorithm>

#include "common/base/check.h"
#include "common/wire/aws_chunked.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::wire;

namespace {

constexpr std::size_t kPreamble = 4;

struct Outcome {
  bool good = false;
  std::optional<ChunkFault> fault;
  std::string payload;
};

Outcome decode(ChunkForm form, std::uint64_t length, std::string_view body, std::size_t piece) {
  AwsChunkedDecoder::Options options;
  options.form = form;
  options.decoded_length = length;
  if (form != ChunkForm::kSigned) options.trailers = {"x-amz-checksum-crc32"};
  options.signer = ChunkSigner(Sha256{}, "20130524T000000Z", "20130524/us-east-1/s3/aws4_request", "seed");
  AwsChunkedDecoder decoder(std::move(options));
  Outcome out;
  Status status;
  const auto sink = [&](ByteView bytes) -> Status {
    out.payload += as_text(bytes);
    return {};
  };
  for (; status && !body.empty(); body.remove_prefix(std::min(piece, body.size())))
    status = decoder.feed(as_bytes(body.substr(0, piece)), sink);
  if (status) status = decoder.finish();
  out.good = status.has_value();
  out.fault = decoder.fault();
  CHECK(out.good != out.fault.has_value());
  CHECK(out.payload.size() <= length);
  CHECK(!out.good || out.payload.size() == length);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kPreamble) return 0;
  const auto form = static_cast<ChunkForm>(data[0] % 3);
  const std::size_t piece = std::size_t{1} + data[1];
  const std::uint64_t length = std::uint64_t{data[2]} * 256 + data[3];
  const std::string_view body = fuzz::text_of(data + kPreamble, size - kPreamble);
  const Outcome whole = decode(form, length, body, body.size() + 1);
  const Outcome pieces = decode(form, length, body, piece);
  CHECK(whole.good == pieces.good && whole.fault == pieces.fault);
  CHECK(!whole.good || whole.payload == pieces.payload);
  if (const auto names = parse_trailer_names(body)) CHECK(!names->empty());
  return 0;
}
