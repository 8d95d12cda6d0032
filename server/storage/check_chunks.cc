// Chunks and segments: chunk rows and counts against the chunk lists of blobs, placements against the segments.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

#include "common/base/bytes.h"
#include "server/storage/check_pass.h"
#include "server/storage/segment_tally.h"

namespace objstore::storage {
namespace {

struct Entry {
  bool has_row = false;
  bool has_counter = false;
  bool condemned = false;
  bool queued = false;
  bool reported = false;
  std::uint32_t raw_size = 0;
  std::uint16_t placements = 0;
  std::uint16_t good = 0;  // not quarantined
  std::int64_t counter = 0;
  std::int64_t counted = 0;
};

struct HashChunk {
  // A chunk id is a digest: any bytes of it will do.
  std::size_t operator()(const ChunkKey& chunk) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, chunk.id.data() + 8, sizeof hash);
    return hash ^ chunk.domain;
  }
};

class ChunkCheck {
 public:
  ChunkCheck(const CheckPass& pass, const CheckSources& sources, Share share, SegmentTally& segments,
             Findings& findings)
      : pass_(pass), sources_(sources), share_(share), segments_(segments), findings_(findings) {}

  Status run() {
    OBJSTORE_TRY(read_rows());
    OBJSTORE_TRY(read_counters());
    OBJSTORE_TRY(read_queue());
    OBJSTORE_TRY(read_lists());
    judge();
    return {};
  }

 private:
  Status read_rows();
  Status read_counters();
  Status read_queue();
  Status read_lists();
  Result<bool> unchanged(std::string_view key, std::string_view value) const;
  Status check_places(const ChunkKey& chunk, const ChunkRow& row, std::string_view key, std::string_view value);
  void take_list(std::uint64_t blob, Domain domain, const std::vector<ChunkRef>& chunks);
  void judge();
  void judge_one(const ChunkKey& chunk, const Entry& entry);
  void report(Severity severity, std::string kind, const ChunkKey& chunk, std::string message,
              std::string_view advice) {
    findings_.add({.severity = severity,
                   .kind = std::move(kind),
                   .message = std::move(message),
                   .advice = std::string(advice),
                   .chunk = chunk});
  }

  const CheckPass& pass_;
  const CheckSources& sources_;
  const Share share_;
  SegmentTally& segments_;
  Findings& findings_;
  std::unordered_map<ChunkKey, Entry, HashChunk> chunks_;
};

// While the store is served a chunk may have moved since the state was taken; then its old place says nothing.
Result<bool> ChunkCheck::unchanged(std::string_view key, std::string_view value) const {
  if (!sources_.chunk_now) return true;
  OBJSTORE_ASSIGN(const auto now, sources_.chunk_now(std::string(key)));
  return now == value;
}

Status ChunkCheck::check_places(const ChunkKey& chunk, const ChunkRow& row, std::string_view key,
                                std::string_view value) {
  for (const Placement& placement : row.placements) {
    segments_.name(placement.location);
    if (placement.quarantined || segments_.holds(placement.location)) continue;
    OBJSTORE_ASSIGN(const bool same, unchanged(key, value));
    if (!same) continue;
    const auto others = std::ranges::count_if(
        row.placements, [&](const Placement& other) { return !other.quarantined && segments_.holds(other.location); });
    const std::string where = segments_.exists(placement.location.segment)
                                  ? "which lies outside of segment " + id_text(placement.location.segment)
                                  : "in segment " + id_text(placement.location.segment) + ", which does not exist";
    report(others > 0 ? Severity::kLeak : Severity::kDamage, "placement-missing", chunk,
           fmt::format("chunk {} should be at offset {} {}{}", id_text(chunk), placement.location.offset, where,
                       others > 0 ? "; another copy of it is there" : ": its bytes are lost"),
           others > 0 ? "Run objd scrub: it stores the missing copy again." : kAdviceRestore);
  }
  return {};
}

Status ChunkCheck::read_rows() {
  Status failed = {};
  OBJSTORE_TRY(pass_.walk(Table::kChunks, {}, [&](std::string_view key, std::string_view value) {
    if (key.size() != kChunkKeyBytes || !failed) return;
    const ChunkKey chunk = chunk_of_key(key);
    if (!share_.has(chunk)) return;
    const auto row = decode_chunk(value);
    if (!row) return;  // reported already
    Entry& entry = chunks_[chunk];
    entry.has_row = true;
    entry.condemned = row->condemned;
    entry.raw_size = row->raw_size;
    entry.placements = static_cast<std::uint16_t>(row->placements.size());
    entry.good = static_cast<std::uint16_t>(
        std::ranges::count_if(row->placements, [](const Placement& placement) { return !placement.quarantined; }));
    failed = check_places(chunk, *row, key, value);
  }));
  return failed;
}

Status ChunkCheck::read_counters() {
  return pass_.walk(Table::kCounts, "c", [&](std::string_view key, std::string_view value) {
    if (key.size() != 1 + kChunkKeyBytes) return;
    const ChunkKey chunk = chunk_of_key(key.substr(1));
    if (!share_.has(chunk)) return;
    Entry& entry = chunks_[chunk];
    entry.has_counter = true;
    entry.counter = decode_counter(std::string(value)).value_or(0);
  });
}

Status ChunkCheck::read_queue() {
  return pass_.walk(Table::kQueue, {}, [&](std::string_view, std::string_view value) {
    const auto release = decode_release(value);
    if (!release) return;
    for (const ChunkId& id : release->chunks) {
      const auto found = chunks_.find({release->chunk_domain, id});
      if (found != chunks_.end()) found->second.queued = true;
    }
  });
}

void ChunkCheck::take_list(std::uint64_t blob, Domain domain, const std::vector<ChunkRef>& chunks) {
  for (const ChunkRef& ref : chunks) {
    const ChunkKey chunk{domain, ref.id};
    if (!share_.has(chunk)) continue;
    Entry& entry = chunks_[chunk];
    ++entry.counted;
    if (entry.reported) continue;
    if (!entry.has_row) {
      entry.reported = true;
      report(Severity::kDamage, "chunk-missing", chunk,
             fmt::format("blob {} needs chunk {}, of which nothing is known: its bytes are lost", id_text(blob),
                         id_text(chunk)),
             kAdviceRestore);
    } else if (entry.raw_size != ref.raw_size) {
      entry.reported = true;
      report(Severity::kDamage, "chunk-size", chunk,
             fmt::format("blob {} says that chunk {} has {} bytes, and the chunk's own row says {}", id_text(blob),
                         id_text(chunk), ref.raw_size, entry.raw_size),
             kAdviceReport);
    }
  }
}

Status ChunkCheck::read_lists() {
  OBJSTORE_TRY(pass_.walk(Table::kBlobs, {}, [&](std::string_view key, std::string_view value) {
    const auto row = decode_blob(value);
    if (row && key.size() == 8) take_list(id_of_key(key), row->domain, row->chunks);
  }));
  std::uint64_t blob = 0;
  Domain domain = 0;
  Status failed = {};
  OBJSTORE_TRY(pass_.walk(Table::kBlobPages, {}, [&](std::string_view key, std::string_view value) {
    const auto chunks = decode_chunk_page(value);
    if (!chunks || key.size() != 12) return;
    if (blob != id_of_key(key)) {
      blob = id_of_key(key);
      const auto bytes = sources_.metadata.get(Table::kBlobs, id_key(blob));
      if (!bytes && failed) failed = std::unexpected(bytes.error());
      const auto row = bytes && *bytes ? decode_blob(**bytes) : fail(Errc::kNotFound, "");
      domain = row ? row->domain : 0;
    }
    take_list(blob, domain, *chunks);
  }));
  return failed;
}

void ChunkCheck::judge_one(const ChunkKey& chunk, const Entry& entry) {
  const std::string name = "chunk " + id_text(chunk);
  if (!entry.has_row) {
    if (entry.has_counter && entry.counted == 0)
      report(Severity::kLeak, "chunk-count-orphan", chunk, "there is a count of " + name + ", which does not exist",
             kAdviceLeak);
    return;
  }
  if (entry.counted > 0 && entry.good == 0) {
    report(Severity::kDamage, "chunk-damaged", chunk,
           name + " is stored, but was found damaged: what needs it cannot be read",
           "Upload one of the named objects again: that heals all of them. Or restore them from a backup.");
  } else if (entry.good < entry.placements) {
    report(Severity::kLeak, "chunk-degraded", chunk, name + " has a damaged copy and a good one",
           "Run objd scrub: it replaces the damaged copy.");
  }
  const std::string counts =
      fmt::format("{} is counted {} times and used {} times", name, entry.counter, entry.counted);
  if (entry.counter < entry.counted) {
    report(Severity::kDamage, "chunk-count", chunk, counts + ": it would be removed while it is still needed",
           kAdviceReport);
  } else if (entry.counter > entry.counted) {
    report(Severity::kLeak, "chunk-count", chunk, counts + ": its space is never given back", kAdviceLeak);
  } else if (entry.counter == 0 && !entry.queued) {
    report(Severity::kLeak, "chunk-unqueued", chunk, name + " is used by nobody and was not handed to the collector",
           kAdviceLeak);
  } else if (entry.counter > 0 && entry.condemned && !entry.queued) {
    report(Severity::kLeak, "chunk-condemned", chunk,
           name + " is in use and marked for removal: it can be read, but equal bytes are stored again", kAdviceLeak);
  }
}

void ChunkCheck::judge() {
  std::vector<ChunkKey> ids;
  ids.reserve(chunks_.size());
  for (const auto& [id, entry] : chunks_) ids.push_back(id);
  std::ranges::sort(ids);
  for (const ChunkKey& id : ids) judge_one(id, chunks_.at(id));
}

}  // namespace

Status check_chunks(const CheckPass& pass, const CheckSources& sources, Share share, SegmentTally& segments,
                    Findings& findings) {
  return ChunkCheck(pass, sources, share, segments, findings).run();
}

// A counter of 0 may outlive its segment: it goes in a batch of its own, after the file.
Status check_segments(const CheckPass& pass, const SegmentTally& segments, Findings& findings) {
  std::map<std::uint64_t, std::uint64_t> named(segments.live().begin(), segments.live().end());
  const auto judge = [&](std::uint64_t segment, std::int64_t counter, std::uint64_t live) {
    const auto counted = static_cast<std::int64_t>(live);
    if (counter == counted) return;
    const bool less = counter < counted;
    findings.add({.severity = less ? Severity::kDamage : Severity::kLeak,
                  .kind = "segment-live",
                  .message = fmt::format(
                      "segment {} should have {} bytes in use and has {}{}", id_text(segment), counter, counted,
                      less ? ": it would be removed while it is still needed" : ": its space is never given back"),
                  .advice = std::string(less ? kAdviceReport : kAdviceLeak)});
  };
  OBJSTORE_TRY(pass.walk(Table::kCounts, "s", [&](std::string_view key, std::string_view value) {
    if (key.size() != 9) return;
    const auto found = named.find(read_u64_be(key.substr(1)));
    judge(read_u64_be(key.substr(1)), decode_counter(std::string(value)).value_or(0),
          found == named.end() ? 0 : found->second);
    if (found != named.end()) named.erase(found);
  }));
  for (const auto& [segment, live] : named) judge(segment, 0, live);
  return {};
}

}  // namespace objstore::storage
