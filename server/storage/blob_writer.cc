#include "server/storage/blob_writer.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/copy.h"
#include "common/base/log.h"
#include "server/storage/codec.h"
#include "server/storage/commit_loop.h"
#include "server/storage/staging.h"

namespace objstore::storage {
namespace {

// What waits to be digested and is, at most, while a large body comes; and likewise what is stored. Of small chunks not
// more than so many.
constexpr std::size_t kBytesAtOnce = std::size_t{2} << 20;
constexpr std::size_t kChunksAtOnce = 8;
constexpr std::size_t kSmallBodyMax = std::size_t{1} << 20;  // larger bodies get a lane of their own

// States that a row is as it was read.
void expect_as_read(Batch& batch, Table table, std::string key, const std::optional<std::string>& value) {
  if (value) {
    batch.expect(table, std::move(key), *value);
  } else {
    batch.expect_absent(table, std::move(key));
  }
}

}  // namespace

BlobWriter::BlobWriter(Engine& engine, Domain domain, BodyDigest* body)
    : engine_(engine),
      domain_(domain),
      guard_(engine.epochs().enter()),
      blob_(engine.next_id()),
      storing_(engine.executor()),
      digesting_(engine.digest_groups(), body) {}

BlobWriter::~BlobWriter() {
  (void)digesting_.wait();
  (void)storing_.wait();
  unpin();
  if (!staged_) return;
  Batch batch;
  release_staged(batch, blob_, engine_.next_id());
  // Nobody waits for this one. When it is lost (a crash), the next start finds the marker.
  (void)engine_.committer().submit(std::move(batch), {});
}

void BlobWriter::unpin() {
  engine_.segments().unpin(pinned_);
  pinned_.clear();
}

Room BlobWriter::room(std::size_t bytes) {
  if (!buffer_) buffer_ = std::make_shared<Buffer>(engine_.chunk_buffer());
  if (!next_ && given_ == buffer_->capacity()) {
    next_ = std::make_shared<Buffer>(engine_.body_buffer());
    given_ = engine_.chunker().max_size();
  }
  const std::shared_ptr<Buffer>& buffer = next_ ? next_ : buffer_;
  CHECK(given_ < buffer->capacity() && (next_ || given_ >= filled_));
  const std::size_t length = std::min(bytes, buffer->capacity() - given_);
  const std::size_t start = std::exchange(given_, given_ + length);
  return {buffer, buffer->storage().subspan(start, length)};
}

// Whether the bytes lie where the first room begins that has not been written.
bool BlobWriter::is_room(ByteView bytes) {
  if (given_ == 0) return false;
  if (filled_ < buffer_->capacity()) return bytes.data() == buffer_->storage().data() + filled_;
  return next_ && bytes.data() == next_->storage().data() + engine_.chunker().max_size();
}

Status BlobWriter::write(ByteView bytes) {
  OBJSTORE_TRY(engine_.admit(bytes.size()));
  size_ += bytes.size();
  if (bytes.empty()) return {};
  if (is_room(bytes))
    OBJSTORE_TRY(take_room(bytes));
  else
    OBJSTORE_TRY(take_copy(bytes));
  // Cutting as bytes come keeps the receiver of the next ones busy meanwhile.
  return cut_once_ ? take_chunks_before_end() : Status();
}

Status BlobWriter::take_room(ByteView bytes) {
  if (filled_ == buffer_->capacity()) {
    const std::size_t begin = engine_.chunker().max_size();
    OBJSTORE_TRY(move_uncut(*next_, begin));
    start_ = begin - (filled_ - start_);
    filled_ = begin;
    buffer_ = std::move(next_);
  }
  filled_ += bytes.size();
  return {};
}

Status BlobWriter::take_copy(ByteView bytes) {
  CHECK(given_ == 0);
  if (!buffer_) buffer_ = std::make_shared<Buffer>(engine_.chunk_buffer());
  while (!bytes.empty()) {
    if (filled_ == buffer_->capacity()) OBJSTORE_TRY(make_room());
    const std::size_t taken = std::min(buffer_->capacity() - filled_, bytes.size());
    copy_bytes(bytes.first(taken), buffer_->storage().subspan(filled_));
    filled_ += taken;
    bytes = bytes.subspan(taken);
  }
  return {};
}

ByteView BlobWriter::uncut() {
  return ByteView(buffer_->storage()).subspan(start_, filled_ - start_);
}

// Takes the chunks that end here whatever comes behind.
Status BlobWriter::take_chunks_before_end() {
  while (const auto length = engine_.chunker().cut_so_far(uncut(), uncut_done_)) {
    OBJSTORE_TRY(take_chunk(uncut().first(*length)));
    start_ += *length;
    uncut_done_ = 0;
  }
  return {};
}

// The buffer, which holds the largest chunk that there may be, is full, and more bytes come. A body that fits into it
// stays whole. What is not cut yet, less than such a chunk, moves to another buffer: the last chunk may still be being
// stored from this one. It ends there at `end`, or begins at 0.
Status BlobWriter::move_uncut(Buffer& to, std::size_t end) {
  if (!std::exchange(cut_once_, true)) lane_ = engine_.next_large_lane();
  OBJSTORE_TRY(take_chunks_before_end());
  const ByteView rest = uncut();
  copy_bytes(rest, to.storage().subspan(end > 0 ? end - rest.size() : 0));
  return {};
}

Status BlobWriter::make_room() {
  auto fresh = std::make_shared<Buffer>(engine_.chunk_buffer());
  OBJSTORE_TRY(move_uncut(*fresh, 0));
  filled_ -= start_;
  start_ = 0;
  buffer_ = std::move(fresh);
  return {};
}

Status BlobWriter::finish() {
  if (cut_once_) OBJSTORE_TRY(take_chunks_before_end());
  if (start_ < filled_) {
    if (!cut_once_ && filled_ > kSmallBodyMax) lane_ = engine_.next_large_lane();
    OBJSTORE_TRY(take_chunk(uncut()));
  }
  OBJSTORE_TRY(digesting_.wait());
  OBJSTORE_TRY(storing_.wait());
  buffer_.reset();
  next_.reset();
  filled_ = start_ = given_ = 0;
  content_hash_value_ = content_hash_.finish();
  // The committer syncs the lane of small bodies for all of them at once. A large body waits for its own bytes here, so
  // that the committer does not.
  if (lane_ != Lane::kSmall) OBJSTORE_TRY(engine_.segments().sync(lane_));
  return {};
}

// The chunk's place in the page; nothing when the page names it already.
BlobWriter::Pending* BlobWriter::name_chunk(const ChunkId& id, ByteView raw) {
  content_hash_.update(id);
  const auto raw_size = static_cast<std::uint32_t>(raw.size());
  page_chunks_.push_back({id, raw_size});
  named_bytes_ += raw_size;
  Pending& pending = pending_[id];
  if (++pending.occurrences > 1) return nullptr;
  pending.raw_size = raw_size;
  return &pending;
}

// Of a body of several chunks, one is digested and the one before it is stored while the next is being received and
// cut.
Status BlobWriter::take_chunk(ByteView raw) {
  if (!cut_once_) return store_chunk(digesting_.chunk(raw), raw);
  const std::size_t others = std::clamp<std::size_t>(kBytesAtOnce / raw.size(), 2, kChunksAtOnce) - 1;
  OBJSTORE_TRY(storing_.wait(others));
  OBJSTORE_TRY(digesting_.wait(others));
  digesting_.add(raw, [this, raw, kept = buffer_](const ChunkId& id) {
    (void)storing_.add([this, id, raw, kept] { return store_chunk(id, raw); });  // what fails is told to who waits
  });
  return {};
}

Status BlobWriter::store_chunk(const ChunkId& id, ByteView raw) {
  if (page_chunks_.size() == kChunksPerPage) OBJSTORE_TRY(stage_page());
  Pending* const named = name_chunk(id, raw);
  if (named == nullptr) return {};
  Pending& pending = *named;
  OBJSTORE_ASSIGN(const auto stored, engine_.metadata().get(Table::kChunks, chunk_key({domain_, id})));
  if (stored) {
    OBJSTORE_ASSIGN(const ChunkRow found, decode_chunk(*stored));
    if (found.usable()) return {};
  }
  pending.absent = !stored;
  OBJSTORE_ASSIGN(pending.appended, append(id, raw));
  pinned_.insert(pinned_.end(), pending.appended.begin(), pending.appended.end());
  return {};
}

Result<std::vector<Location>> BlobWriter::append(const ChunkId& id, ByteView raw) {
  const Encoded encoded = encode_chunk(raw, scratch_);
  ChunkRecord record;
  record.id = id;
  record.domain = domain_;
  record.raw_size = static_cast<std::uint32_t>(raw.size());
  record.transforms = encoded.transforms;
  record.stored = encoded.bytes;
  return engine_.segments().append(lane_, record);
}

// Counts every chunk of the present page: those that are stored by now where they are, the others at our own copy.
Status BlobWriter::count_pending(Batch& batch, LaneSet& lanes) {
  if (guard_.revoked()) return fail(Errc::kUnavailable, "the upload took too long");
  const bool all_absent = std::ranges::all_of(pending_, [](const auto& entry) { return entry.second.absent; });
  if (!std::exchange(counted_, true) && all_absent) return count_absent(batch, lanes);
  // Read first: if a damaged chunk is found between here and the commit, the commit fails and we look again.
  OBJSTORE_ASSIGN(const auto quarantine, engine_.metadata().get(Table::kStore, kQuarantineKey));
  std::vector<std::string> keys;
  keys.reserve(pending_.size());
  for (const auto& [id, pending] : pending_) keys.push_back(chunk_key({domain_, id}));
  OBJSTORE_ASSIGN(const auto stored, engine_.metadata().multi_get(Table::kChunks, keys));
  bool relies_on_found = false;
  std::size_t i = 0;
  for (const auto& [id, pending] : pending_) {
    OBJSTORE_TRY(count_chunk(batch, lanes, {domain_, id}, pending, stored[i++], relies_on_found));
  }
  if (relies_on_found) expect_as_read(batch, Table::kStore, std::string(kQuarantineKey), quarantine);
  return {};
}

// The first try of a page that is all new does not look again: the batch states that the chunks still are absent, and
// counts on nothing that was found.
Status BlobWriter::count_absent(Batch& batch, LaneSet& lanes) {
  for (const auto& [id, pending] : pending_) {
    const ChunkKey key{domain_, id};
    batch.add(chunk_count_key(key), pending.occurrences);
    OBJSTORE_TRY(place(batch, lanes, key, pending, std::nullopt, {}));
  }
  return {};
}

Status BlobWriter::count_chunk(Batch& batch, LaneSet& lanes, const ChunkKey& key, const Pending& pending,
                               const std::optional<std::string>& stored, bool& relies_on_found) {
  batch.add(chunk_count_key(key), pending.occurrences);
  ChunkRow row;
  if (stored) {
    OBJSTORE_ASSIGN(row, decode_chunk(*stored));
    if (row.usable()) {
      // Only the count: somebody else's location is never written again.
      relies_on_found = true;
      return {};
    }
  }
  // Condemned since we found it, and kept for us until our epoch ends: it is in use again.
  if (pending.appended.empty() && row.condemned && std::exchange(row.condemned, false) && row.usable()) {
    relies_on_found = true;
    expect_as_read(batch, Table::kChunks, chunk_key(key), stored);
    batch.put(Table::kChunks, chunk_key(key), encode(row));
    return {};
  }
  if (pending.appended.empty())
    return fail(Errc::kUnavailable, "a chunk that was stored has been found damaged; send the body again");
  return place(batch, lanes, key, pending, stored, row);
}

// The blob exists, but a chunk of it was found damaged: our own copy takes its place, without a count of its own.
Status BlobWriter::heal_pending(Batch& batch, LaneSet& lanes) {
  for (const auto& [id, pending] : pending_) {
    if (pending.appended.empty()) continue;
    const ChunkKey key{domain_, id};
    OBJSTORE_ASSIGN(const auto stored, engine_.metadata().get(Table::kChunks, chunk_key(key)));
    if (!stored) continue;
    OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(*stored));
    if (row.usable() || row.condemned) continue;
    OBJSTORE_TRY(place(batch, lanes, key, pending, stored, row));
  }
  return {};
}

// Puts our own copies where nothing usable is, but for those that went down with their disk.
Status BlobWriter::place(Batch& batch, LaneSet& lanes, const ChunkKey& key, const Pending& pending,
                         const std::optional<std::string>& stored, const ChunkRow& old) {
  for (const Placement& placement : old.placements) {
    batch.add(segment_live_key(placement.location.segment), -static_cast<std::int64_t>(placement.location.length));
  }
  expect_as_read(batch, Table::kChunks, chunk_key(key), stored);
  ChunkRow fresh;
  fresh.raw_size = pending.raw_size;
  for (const Location& location : pending.appended) {
    if (engine_.segments().lost(location.segment)) continue;
    fresh.placements.push_back({location, false});
    batch.add(segment_live_key(location.segment), static_cast<std::int64_t>(location.length));
    lanes.add_segment(location.segment);
  }
  if (fresh.placements.empty()) return fail(Errc::kUnavailable, "a disk has failed; send the body again");
  batch.put(Table::kChunks, chunk_key(key), encode(fresh));
  // What lies in a lane of its own has been synced by finish().
  if (lane_ == Lane::kSmall) lanes.add(lane_);
  return {};
}

BlobRow BlobWriter::row(BlobState state) const {
  BlobRow blob;
  blob.state = state;
  blob.domain = domain_;
  blob.size = named_bytes_;
  blob.content_hash = content_hash_value_;
  blob.pages = pages_;
  return blob;
}

void BlobWriter::put_page(Batch& batch, std::uint32_t page) const {
  batch.put(Table::kBlobPages, page_key(blob_, page), encode_chunk_page(page_chunks_));
}

// Commits the page that is full under the staged blob, and waits for it: the body of a large upload arrives more slowly
// than a page commits.
Status BlobWriter::stage_page() {
  OBJSTORE_TRY(engine_.segments().sync(lane_));
  ++pages_;
  staged_ = true;
  const auto build = [this]() -> Result<Attempt<Done>> {
    Attempt<Done> attempt;
    OBJSTORE_TRY(count_pending(attempt.batch, attempt.lanes));
    put_page(attempt.batch, pages_ - 1);
    attempt.batch.put(Table::kBlobs, id_key(blob_), encode(row(BlobState::kStaged)));
    mark_staged(attempt.batch, blob_);
    return attempt;
  };
  // On this thread: in a commit_loop, all threads of the executor might wait here for each other's next tries.
  const auto committed = commit_here<Done>(engine_.committer(), build);
  if (!committed) return std::unexpected(committed.error());
  page_chunks_.clear();
  pending_.clear();
  counted_ = false;
  unpin();
  return {};
}

Result<Extent> BlobWriter::publish(Batch& batch, LaneSet& lanes) {
  CHECK(!content_hash_value_.empty() && size_ > 0);
  const std::string content = content_key(domain_, content_hash_value_);
  OBJSTORE_ASSIGN(const auto existing, engine_.metadata().get(Table::kContents, content));
  if (existing) {
    // The collector takes the content row away before it takes anything else of a blob, so while the row says so the
    // blob is whole, even at count 0.
    batch.expect(Table::kContents, content, *existing);
    const std::uint64_t other = id_of_key(*existing);
    batch.add(blob_count_key(other), 1);
    if (staged_) release_staged(batch, blob_, engine_.next_id());
    OBJSTORE_TRY(heal_pending(batch, lanes));
    return Extent{other, 0, size_};
  }
  OBJSTORE_TRY(count_pending(batch, lanes));
  BlobRow blob = row(BlobState::kPublished);
  if (pages_ == 0 && page_chunks_.size() <= kInlineChunksMax) {
    blob.chunks = page_chunks_;
  } else {
    put_page(batch, pages_);
    blob.pages = pages_ + 1;
  }
  if (staged_) unmark_staged(batch, blob_);
  batch.expect_absent(Table::kContents, content);
  batch.put(Table::kContents, content, id_key(blob_));
  batch.put(Table::kBlobs, id_key(blob_), encode(blob));
  batch.start(blob_count_key(blob_), 1);
  return Extent{blob_, 0, size_};
}

}  // namespace objstore::storage
