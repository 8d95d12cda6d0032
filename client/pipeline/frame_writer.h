// zstd frames that a deduplicating store finds again in the next version of an archive.
//
// A stream that is compressed as one is different from the first change on. Here every frame stands for itself: it ends
// where the caller says that a good place is (the beginning of a file), or inside a large file where its content says
// so. Behind each frame stands a mark: a skippable frame of 64 bytes that are chosen so that a FastCDC chunker with the
// gear table of the Remote Execution API ends a chunk there, unless that chunk would be below its minimum. So chunks
// end where frames end, and a frame that has not changed is a chunk that the store has. To any other store, and to
// every zstd, the marks are nothing.
//
// One thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace objstore::client {

class FrameWriter {
 public:
  using Sink = std::function<Status(ByteView)>;
  static constexpr std::size_t kRawMin = std::size_t{64} << 10;   // of a frame, but for the last one
  static constexpr std::size_t kRawMax = std::size_t{768} << 10;  // likewise

  // level: zstd's, 1-19.
  FrameWriter(int level, Sink sink);
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  // Stored bytes are left to the store's own compression. A chunk of a store has a least size in bytes as they arrive:
  // of small files, one changed among hundreds, compressed chunks would hold three times as many neighbours.
  enum class Coding : std::uint8_t { kCompressed, kStored };

  // Here a file begins, to be coded so; `name` decides whether a frame should end, so that it does in every version of
  // a tree.
  Status boundary(std::string_view name, Coding coding);
  Status write(ByteView bytes);
  Status finish();

  // The mark behind each frame, complete.
  static std::string mark();

 private:
  Status end_frame();
  Status compress();
  void store();

  struct Compressor;
  std::unique_ptr<Compressor> compressor_;
  const Sink sink_;
  std::vector<std::byte> raw_;  // of the present frame
  Coding coding_ = Coding::kCompressed;
  std::uint64_t rolling_ = 0;
  std::string frame_;
  bool any_ = false;
};

}  // namespace objstore::client
