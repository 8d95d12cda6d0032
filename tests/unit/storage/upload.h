// A body on its way into the engine, without the catalogue: what the tests of collector, compactor and scrubber use.
#pragma once

#include <memory>
#include <string>

#include "server/storage/blob_writer.h"
#include "server/storage/commit_loop.h"
#include "tests/support/test_store.h"

namespace objstore::test {

inline void must(const Status& status) {
  if (!status) FAIL("unexpected error: " << status.error().message);
}

struct Upload {
  explicit Upload(storage::Engine& e, std::string_view body) : engine(e), writer(e.new_blob(0)) {
    must(writer->write(as_bytes(body)));
    must(writer->finish());
  }
  Result<storage::Layout> commit() {
    Ticket<storage::Extent> ticket = storage::commit_loop<storage::Extent>(
        engine.committer(), engine.executor(), [this]() -> Result<storage::Attempt<storage::Extent>> {
          storage::Attempt<storage::Extent> attempt;
          OBJSTORE_ASSIGN(attempt.value, writer->publish(attempt.batch, attempt.lanes));
          return attempt;
        });
    OBJSTORE_ASSIGN(const storage::Extent extent, ticket.wait());
    writer.reset();
    return storage::Layout{{extent}, 0, 0};
  }
  storage::Engine& engine;
  std::unique_ptr<storage::BlobWriter> writer;
};

inline storage::Layout upload(storage::Engine& engine, std::string_view body) {
  return must(Upload(engine, body).commit());
}

inline void drop(storage::Engine& engine, const storage::Layout& layout) {
  storage::Batch batch;
  engine.release(batch, layout);
  must(engine.committer().submit(std::move(batch), {}).wait());
}

inline Result<std::string> read(storage::Engine& engine, const storage::Layout& layout) {
  return drain(*engine.read(engine.epochs().enter(), layout, 0, layout.extents.front().length));
}

// The row of the only chunk of a small blob.
inline storage::ChunkRow only_chunk(storage::Engine& engine) {
  const auto cursor = engine.metadata().scan(storage::Table::kChunks, {});
  REQUIRE(cursor->valid());
  return must(storage::decode_chunk(cursor->value()));
}

}  // namespace objstore::test
