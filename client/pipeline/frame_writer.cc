#include "client/pipeline/frame_writer.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace objstore::client {
namespace {

// 64 bytes of text; the end of them was searched so that the gear hash of the whole is 0 under every mask that FastCDC
// uses for averages from 16 KiB to 1 MiB. tests/unit/pipeline/frame_writer_test.cc holds it against our own chunker.
constexpr std::string_view kMarkText = "objcli: here ends a frame of files; its bytes are chosen: aako7U";
static_assert(kMarkText.size() == 64);
constexpr std::array<unsigned char, 8> kSkippableHead = {0x5B, 0x2A, 0x4D, 0x18, 64, 0, 0, 0};

// A frame ends before one file in two, and inside a large file about every 256 KiB.
constexpr std::uint64_t kNameOdds = 2;
constexpr std::uint64_t kContentMask = std::uint64_t{0x3FFFF} << 36;

// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash ^ (hash >> 29);
}

// Any 256 numbers that look random; they are part of no format.
const std::array<std::uint64_t, 256>& gear_table() {
  static const std::array<std::uint64_t, 256> table = [] {
    std::array<std::uint64_t, 256> gear{};
    std::uint64_t state = 0x6f626a73746f7265;
    for (auto& value : gear) {  // SplitMix64
      state += 0x9e3779b97f4a7c15;
      std::uint64_t z = state;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      value = z ^ (z >> 31);
    }
    return gear;
  }();
  return table;
}

}  // namespace

struct FrameWriter::Compressor {
  explicit Compressor(int level) : context(ZSTD_createCCtx()) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  }
  ~Compressor() { ZSTD_freeCCtx(context); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ZSTD_CCtx* context;
};

FrameWriter::FrameWriter(int level, Sink sink)
    : compressor_(std::make_unique<Compressor>(level)), sink_(std::move(sink)) {
  raw_.reserve(kRawMax);
}
FrameWriter::~FrameWriter() = default;

std::string FrameWriter::mark() {
  return std::string(reinterpret_cast<const char*>(kSkippableHead.data()), kSkippableHead.size()) +
         std::string(kMarkText);
}

Status FrameWriter::boundary(std::string_view name, Coding coding) {
  const bool other = coding != coding_ && !raw_.empty();
  const bool here = raw_.size() >= kRawMin && hash_of(name) % kNameOdds == 0;
  if (other || here) OBJSTORE_TRY(end_frame());
  coding_ = coding;
  return {};
}

Status FrameWriter::write(ByteView bytes) {
  const auto& gear = gear_table();
  while (!bytes.empty()) {
    const std::size_t room = kRawMax - raw_.size();
    std::size_t taken = 0;
    bool ends = false;
    const std::size_t most = std::min(room, bytes.size());
    const std::size_t free = raw_.size() < kRawMin ? std::min(most, kRawMin - raw_.size()) : 0;
    taken = free;
    while (taken < most && !ends) {
      rolling_ = (rolling_ << 1) + gear[static_cast<unsigned char>(bytes[taken++])];
      ends = (rolling_ & kContentMask) == 0;
    }
    raw_.insert(raw_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (ends || raw_.size() == kRawMax) OBJSTORE_TRY(end_frame());
  }
  return {};
}

Status FrameWriter::end_frame() {
  if (coding_ == Coding::kCompressed) {
    OBJSTORE_TRY(compress());
  } else {
    store();
  }
  frame_ += mark();
  raw_.clear();
  rolling_ = 0;
  any_ = true;
  return sink_(as_bytes(frame_));
}

Status FrameWriter::compress() {
  frame_.resize(ZSTD_compressBound(raw_.size()));
  const std::size_t size = ZSTD_compress2(compressor_->context, frame_.data(), frame_.size(), raw_.data(), raw_.size());
  if (ZSTD_isError(size)) return fail(Errc::kInternal, std::string("cannot compress: ") + ZSTD_getErrorName(size));
  frame_.resize(size);
  return {};
}

// RFC 8878: a frame of raw blocks, with its size in its header, one segment, no checksum.
void FrameWriter::store() {
  constexpr std::size_t kBlockBytesMax = std::size_t{128} << 10;
  const auto append_le = [this](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) frame_ += static_cast<char>((value >> (8 * i)) & 0xff);
  };
  frame_.clear();
  append_le(ZSTD_MAGICNUMBER, 4);
  constexpr std::uint64_t kSingleSegmentSizeOfFourBytes = 0xA0;
  append_le(kSingleSegmentSizeOfFourBytes, 1);
  append_le(raw_.size(), 4);
  ByteView rest = raw_;
  do {
    const std::size_t size = std::min(rest.size(), kBlockBytesMax);
    append_le((size << 3) | (size == rest.size() ? 1 : 0), 3);
    frame_ += as_text(rest.first(size));
    rest = rest.subspan(size);
  } while (!rest.empty());
}

Status FrameWriter::finish() {
  if (raw_.empty() && any_) return {};
  return end_frame();
}

}  // namespace objstore::client
