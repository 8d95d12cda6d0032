#include "server/app/metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/storage/collector.h"
#include "server/storage/compactor.h"
#include "server/storage/scrubber.h"

namespace objstore::app {
namespace {

class Page {
 public:
  void counter(std::string_view name, std::string_view help, std::uint64_t value) { one(name, "counter", help, value); }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) { one(name, "gauge", help, value); }
  void head(std::string_view name, std::string_view type, std::string_view help) {
    text_ += fmt::format("# HELP objd_{0} {2}\n# TYPE objd_{0} {1}\n", name, type, help);
  }
  void labelled(std::string_view name, std::string_view label, std::string_view label_value, std::uint64_t value) {
    std::string escaped;
    for (const char c : label_value) {
      if (c == '\\' || c == '"') escaped += '\\';
      escaped += c == '\n' ? ' ' : c;
    }
    text_ += fmt::format("objd_{}{{{}=\"{}\"}} {}\n", name, label, escaped, value);
  }
  std::string take() { return std::move(text_); }

 private:
  void one(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    head(name, type, help);
    text_ += fmt::format("objd_{} {}\n", name, value);
  }
  std::string text_;
};

void add_process(Page& page, const MetricsSources& sources) {
  page.head("build_info", "gauge", "Always 1; the version is a label.");
  page.labelled("build_info", "version", sources.version, 1);
  page.gauge("uptime_seconds", "Since the server started.",
             static_cast<std::uint64_t>(std::max<UnixMillis>(sources.clock.now_ms() - sources.started_ms, 0) / 1000));
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (statm >> total >> resident)
    page.gauge("resident_memory_bytes", "Memory that the process holds.",
               resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  std::error_code error;
  std::uint64_t descriptors = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error))
    ++descriptors;
  page.gauge("open_descriptors", "File descriptors in use.", descriptors);
}

void add_http(Page& page, const http::Stats& stats) {
  page.gauge("http_connections", "Open connections.", stats.connections_open);
  page.counter("http_connections_accepted_total", "Connections taken.", stats.connections_accepted);
  page.counter("http_connections_refused_total", "Connections closed at once: over a limit.",
               stats.connections_refused);
  page.counter("http_handshakes_failed_total", "TLS handshakes that failed.", stats.handshakes_failed);
  page.gauge("http_requests_in_progress", "Requests being answered.", stats.requests_in_progress);
  page.head("http_requests_total", "counter", "Replies by class of status.");
  for (std::size_t i = 1; i < stats.requests_by_class.size(); ++i)
    page.labelled("http_requests_total", "class", fmt::format("{}xx", i), stats.requests_by_class[i]);
  page.counter("http_heads_refused_total", "Requests refused for their head.", stats.heads_refused);
  page.counter("http_timeouts_total", "Connections given up for their slowness.", stats.timeouts);
  page.counter("http_replies_cut_total", "Replies that could not be completed.", stats.replies_cut);
  page.counter("http_body_bytes_in_total", "Bytes of request bodies.", stats.bytes_in);
  page.counter("http_body_bytes_out_total", "Bytes of reply bodies.", stats.bytes_out);
  page.counter("http_file_bytes_out_total", "Those that left by sendfile, verified earlier (--verified-for).",
               stats.file_bytes_out);
}

void add_storage(Page& page, Store& store) {
  const auto commits = store.engine().committer().stats();
  page.counter("commit_groups_total", "Synced groups of commits.", commits.groups);
  page.counter("commit_batches_total", "Batches in them.", commits.batches);
  page.counter("commit_conflicts_total", "Batches that lost a race.", commits.conflicts);
  const auto collected = store.engine().collector().stats();
  page.counter("collected_blobs_total", "Blobs released.", collected.blobs);
  page.counter("collected_chunks_total", "Chunks released.", collected.chunks);
  page.counter("collected_segments_total", "Segments removed.", collected.segments);
  page.counter("collected_bytes_total", "Bytes of removed segments.", collected.bytes);
  const auto compacted = store.engine().compactor().stats();
  page.counter("compacted_segments_total", "Segments rewritten.", compacted.segments);
  page.counter("compacted_chunks_total", "Chunks moved out of them.", compacted.chunks);
  page.counter("compacted_bytes_total", "Bytes moved.", compacted.bytes_moved);
  page.gauge("compaction_candidates", "Segments that are worth a rewrite.", compacted.candidates);
  const auto directories = store.engine().segments().directories();
  page.head("segment_directory_failed", "gauge", "1 for a directory that is missing or has failed.");
  for (const auto& directory : directories)
    page.labelled("segment_directory_failed", "path", directory.path, directory.error.empty() ? 0 : 1);
  page.head("segment_directory_bytes", "gauge", "Bytes of segments in a directory.");
  for (const auto& directory : directories)
    page.labelled("segment_directory_bytes", "path", directory.path, directory.written_bytes);
  if (const auto space = store.engine().space()) {
    page.gauge("segment_bytes", "Bytes written to segments.", space->written_bytes);
    page.gauge("segment_live_bytes", "Those in use.", space->live_bytes);
    page.gauge("segments", "Segment files.", space->segments);
    page.gauge("metadata_bytes", "Metadata on disk.", space->metadata_bytes);
    page.gauge("metadata_memory_bytes", "Memory of the metadata store.", space->metadata_memory_bytes);
    page.gauge("releases_waiting", "Releases that the collector has yet to follow (counted to 10000).",
               space->releases_waiting);
  }
  if (const auto disk = store.space().space()) {
    page.gauge("disk_bytes", "Size of the file system.", disk->total_bytes);
    page.gauge("disk_available_bytes", "Free space on it.", disk->available_bytes);
    page.gauge("disk_reserve_bytes", "Free space below which writes are refused.", disk->reserve_bytes);
  }
  const auto checkpoints = store.checkpointer().stats();
  page.counter("checkpoints_total", "Checkpoints of the metadata that were made.", checkpoints.made);
  page.gauge("checkpoint_timestamp_seconds", "When the last one was made; 0: there is none.",
             static_cast<std::uint64_t>(checkpoints.last_ms / 1000));
  page.gauge("checkpoint_current", "1 when nothing has been written since.", checkpoints.current ? 1 : 0);
  page.counter("checkpoint_copied_bytes_total", "Bytes of them copied to other disks.", checkpoints.copied_bytes);
  page.gauge("checkpoint_failed", "1 when the last try failed, or a copy of it.", checkpoints.failure.empty() ? 0 : 1);
  page.gauge("write_failed", "1 after a failed sync: no write is taken until a restart.",
             store.engine().failure().empty() ? 0 : 1);
}

void add_damage(Page& page, Store& store, DamageCount& damage) {
  const auto scrub = store.engine().scrubber().progress();
  page.gauge("scrub_running", "1 while everything is being read and verified.", scrub.running ? 1 : 0);
  page.counter("scrub_passes_total", "Times that everything was read.", scrub.passes);
  page.gauge("scrub_chunks", "Chunks read by the pass under way, or by the last one.", scrub.chunks);
  page.gauge("scrub_bytes", "Bytes of them.", scrub.bytes);
  page.gauge("scrub_damaged_copies", "Copies that were not what had been written, in that pass.", scrub.damaged);
  page.gauge("scrub_unreadable_copies", "Copies that their disk did not give, in that pass.", scrub.unreadable);
  page.gauge("scrub_repaired_chunks", "Chunks that have all their copies again, in that pass.", scrub.repaired);
  page.gauge("scrub_finished_seconds", "When the last complete pass ended, since 1970; 0: never.",
             static_cast<std::uint64_t>(std::max<UnixMillis>(scrub.finished_ms, 0) / 1000));
  if (const auto count = damage.get()) {
    page.gauge("damaged_chunks", "Chunks with a copy that was found damaged (counted to 10000).", count->damaged);
    page.gauge("lost_chunks", "Those without a good copy: objects that need them cannot be read.", count->lost);
  }
}

}  // namespace

std::string metrics_text(const MetricsSources& sources) {
  Page page;
  add_process(page, sources);
  add_http(page, sources.server.stats());
  add_storage(page, sources.store);
  add_damage(page, sources.store, sources.damage);
  return page.take();
}

}  // namespace objstore::app
