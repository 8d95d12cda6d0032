// Reads a range of what a layout strings together: verified chunk by verified chunk. See Engine::read.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "common/base/source.h"
#include "server/storage/engine.h"

namespace objstore::storage {

class ExtentSource final : public Source {
 public:
  ExtentSource(Engine& engine, EpochGuard guard, Layout layout, std::uint64_t first, std::uint64_t length);
  Result<Buffer> next() override;
  std::optional<FileSlice> next_in_file() override;

 private:
  struct Wanted {
    std::size_t first = 0;
    std::size_t size = 0;
  };
  // The extent that the next byte lies in, or nothing at the end of the layout.
  Result<bool> next_extent();
  Result<bool> load_manifest_page();
  Status enter_blob(const Extent& extent);
  Status load_chunk_page();
  Result<Buffer> next_piece();
  Wanted take(const ChunkRef& chunk);
  std::optional<FileSlice> in_file(const ChunkRef& chunk);
  Result<Buffer> read_chunk(const ChunkRef& chunk);
  void give_up_copy(const ChunkKey& key, const Location& location, const Error& error, Error& last);

  Engine& engine_;
  const EpochGuard guard_;
  const Layout layout_;
  std::deque<Extent> extents_;  // not yet entered
  std::uint32_t next_manifest_page_ = 0;
  std::uint64_t skip_;  // bytes of the layout before the range
  std::uint64_t left_;  // bytes of the range not yet given

  // The blob being read.
  bool in_blob_ = false;
  std::uint64_t blob_id_ = 0;
  BlobRow blob_;
  std::uint32_t next_chunk_page_ = 0;
  std::vector<ChunkRef> chunks_;
  std::size_t next_chunk_ = 0;
  std::uint64_t blob_skip_ = 0;  // bytes of the remaining chunks before the wanted ones
  std::uint64_t blob_left_ = 0;  // bytes wanted of this blob
};

}  // namespace objstore::storage
