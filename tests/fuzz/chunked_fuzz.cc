// Chunked framing: the same bytes give the same body in whatever pieces they come.
#include <algorithm>
#include <string>

#include "common/base/check.h"
#include "server/http/chunked_decoder.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::http;

namespace {

struct Outcome {
  std::string data;
  std::size_t used = 0;
  bool is_finished = false;
  bool is_broken = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view text, std::size_t step) {
  ChunkedDecoder decoder;
  Outcome outcome;
  while (!decoder.finished() && !decoder.fault() && outcome.used < text.size()) {
    const std::string_view piece = text.substr(outcome.used, step);
    if (decoder.data_remaining() > 0) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(decoder.data_remaining(), piece.size()));
      outcome.data.append(piece.substr(0, count));
      decoder.take_data(count);
      outcome.used += count;
    } else {
      const std::size_t count = decoder.consume(piece);
      CHECK(count <= piece.size());
      CHECK(count > 0 || decoder.fault());
      outcome.used += count;
    }
  }
  outcome.is_finished = decoder.finished();
  outcome.is_broken = decoder.fault().has_value();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const Outcome whole = decode(text, std::max<std::size_t>(size, 1));
  CHECK(whole == decode(text, 1));
  CHECK(whole == decode(text, 7));
  CHECK(whole.data.size() <= size);
  return 0;
}
