// The delta decoder and the reader of signatures: what they say does not depend on how the bytes arrive, and nothing
// goes past what was sent.
#include <algorithm>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/wire/delta.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::wire;

namespace {

struct Decoded {
  bool sound = true;
  bool complete = false;
  std::string again{};  // the instructions that were understood, with one literal for those in a row
  std::uint64_t literal_bytes = 0;
};

Decoded decode(std::string_view delta, std::size_t piece) {
  Decoded out;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) out.again += encode_literal_head(literal.size()) + literal;
    literal.clear();
  };
  DeltaDecoder decoder;
  const DeltaDecoder::Target target{.copy = [&](std::uint64_t offset, std::uint64_t length) -> Status {
                                      CHECK(length > 0);
                                      flush();
                                      out.again += encode_copy(offset, length);
                                      return {};
                                    },
                                    .literal = [&](ByteView bytes) -> Status {
                                      CHECK(!bytes.empty());
                                      literal += as_text(bytes);
                                      out.literal_bytes += bytes.size();
                                      return {};
                                    }};
  for (std::size_t at = 0; at < delta.size() && out.sound; at += piece) {
    out.sound = decoder.feed(as_bytes(delta.substr(at, piece)), target).has_value();
  }
  flush();
  out.complete = out.sound && decoder.complete();
  return out;
}

void check_delta(std::string_view text) {
  const Decoded whole = decode(text, std::max<std::size_t>(text.size(), 1));
  CHECK(whole.literal_bytes <= text.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, kCopyBytes, std::size_t{64}}) {
    const Decoded pieces = decode(text, piece);
    CHECK(pieces.sound == whole.sound && pieces.complete == whole.complete && pieces.again == whole.again);
  }
  // What was understood reads the same when it is written anew.
  const Decoded again = decode(whole.again, 13);
  CHECK(again.complete && again.again == whole.again);
  if (whole.complete) CHECK(whole.again.size() <= text.size());
}

void check_signature(std::string_view text) {
  const auto sums = read_block_sums(text);
  CHECK(sums.has_value() == (text.size() % kBlockSumBytes == 0));
  if (sums) CHECK(sums->size() == text.size() / kBlockSumBytes);
}

// A window that moves has the sum of the window that it has become.
void check_rolling(std::string_view text) {
  constexpr std::size_t kWindow = 16;
  const ByteView bytes = as_bytes(text);
  if (bytes.size() <= kWindow) return;
  RollingSum moved(kWindow);
  moved.set(bytes.first(kWindow));
  for (std::size_t at = kWindow; at < bytes.size(); ++at) moved.roll(bytes[at - kWindow], bytes[at]);
  RollingSum there(kWindow);
  there.set(bytes.last(kWindow));
  CHECK(moved.value() == there.value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_delta(text);
  check_signature(text);
  check_rolling(text);
  return 0;
}
