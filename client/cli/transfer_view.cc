#include "client/cli/transfer_view.h"

#include <algorithm>
#include <cmath>

#include "client/cli/terminal.h"
#include "client/cli/units.h"
#include "client/lib/printable.h"

namespace objstore::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kLineEvery{10};
constexpr std::size_t kFileLinesMax = 5;

}  // namespace

TransferView::TransferView(Session& session)
    : session_(session),
      started_(Clock::now()),
      measured_at_(started_),
      drawer_([this](const std::stop_token& stop) { run(stop); }) {}

TransferView::~TransferView() {
  drawer_.request_stop();
  drawer_.join();
  session_.draw({});
}

void TransferView::planned(std::optional<std::uint64_t> size) {
  const std::lock_guard lock(mutex_);
  ++files_planned_;
  bytes_planned_ += size.value_or(0);
  sizes_known_ = sizes_known_ && size.has_value();
}

void TransferView::all_planned() {
  const std::lock_guard lock(mutex_);
  complete_ = true;
}

void TransferView::moved(std::string_view name, std::uint64_t done, std::optional<std::uint64_t> size) {
  const std::lock_guard lock(mutex_);
  File& file = active_[std::string(name)];
  file.done = done;
  file.size = size;
  if (!moving_) {
    moving_ = true;
    changed_.notify_all();
  }
}

void TransferView::alone(std::string_view name, std::uint64_t done, std::optional<std::uint64_t> size) {
  {
    const std::lock_guard lock(mutex_);
    files_planned_ = 1;
    complete_ = true;
    sizes_known_ = size.has_value();
    bytes_planned_ = size.value_or(0);
  }
  moved(name, done, size);
}

void TransferView::finished(std::string_view name, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (const auto found = active_.find(name); found != active_.end()) active_.erase(found);
  ++files_done_;
  bytes_done_ += size;
}

void TransferView::failed(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = active_.find(name); found != active_.end()) active_.erase(found);
  ++files_failed_;
}

std::uint64_t TransferView::done_bytes() const {
  std::uint64_t bytes = bytes_done_;
  for (const auto& [name, file] : active_) bytes += file.done;
  return bytes;
}

// Smoothed over some seconds: a rate that jumps with each part says nothing.
void TransferView::measure(Clock::time_point now) {
  constexpr double kMemorySeconds = 5;
  const double seconds = std::chrono::duration<double>(now - measured_at_).count();
  if (seconds < 0.05) return;
  const std::uint64_t bytes = done_bytes();
  const double present = bytes > measured_bytes_ ? static_cast<double>(bytes - measured_bytes_) / seconds : 0;
  const double age = std::chrono::duration<double>(now - started_).count();
  const double weight = 1 - std::exp(-seconds / std::min(kMemorySeconds, std::max(age, seconds)));
  rate_ += (present - rate_) * weight;
  measured_at_ = now;
  measured_bytes_ = bytes;
}

std::optional<std::uint64_t> TransferView::seconds_left() const {
  const std::uint64_t done = done_bytes();
  if (!complete_ || !sizes_known_ || rate_ < 1 || done > bytes_planned_) return std::nullopt;
  return static_cast<std::uint64_t>(static_cast<double>(bytes_planned_ - done) / rate_ + 0.5);
}

std::string TransferView::line() const {
  const std::uint64_t done = done_bytes();
  std::string out;
  if (files_planned_ > 1) {
    out += std::to_string(files_done_ + files_failed_) + " of " + std::to_string(files_planned_) +
           (complete_ ? "" : " or more") + " files, ";
  }
  out += human_size(done);
  if (sizes_known_) out += " of " + human_size(bytes_planned_) + (complete_ ? "" : " or more");
  out += ", " + human_size(static_cast<std::uint64_t>(rate_)) + "/s";
  if (const auto left = seconds_left()) out += ", " + duration_text(*left) + " left";
  if (files_failed_ > 0) out += ", " + std::to_string(files_failed_) + " failed";
  return out;
}

std::string TransferView::event() const {
  JsonLine out;
  out.add("event", "progress").add("files_done", files_done_).add("files_failed", files_failed_);
  out.add("files", files_planned_).add("bytes_done", done_bytes()).add("bytes", bytes_planned_);
  out.add("complete", complete_).add("bytes_per_second", static_cast<std::uint64_t>(rate_));
  if (const auto left = seconds_left()) out.add("seconds_left", *left);
  return out.str();
}

std::string TransferView::text(std::size_t width) const {
  std::string out;
  std::size_t lines = 0;
  // Large files first: those one waits for.
  std::vector<std::pair<std::string_view, File>> files(active_.begin(), active_.end());
  std::ranges::stable_sort(files, std::greater<>{}, [](const auto& file) { return file.second.size.value_or(0); });
  const bool one = files_planned_ <= 1;
  for (const auto& [name, file] : files) {
    if (lines++ == kFileLinesMax) break;
    std::string numbers = human_size(file.done);
    if (file.size) numbers += " of " + human_size(*file.size);
    out += fit(progress_bar(file.done, file.size, session_.colours()), client::printable(name), numbers, width) + "\n";
  }
  if (files.size() > kFileLinesMax) out += "  and " + std::to_string(files.size() - kFileLinesMax) + " more\n";
  const std::optional<std::uint64_t> total = sizes_known_ && complete_ ? std::optional(bytes_planned_) : std::nullopt;
  out += fit(one ? std::string() : progress_bar(done_bytes(), total, session_.colours()), {}, line(), width);
  return out;
}

void TransferView::run(const std::stop_token& stop) {
  if (!session_.reports_progress()) return;
  const bool terminal = session_.shows_progress();
  std::unique_lock lock(mutex_);
  if (terminal) changed_.wait(lock, stop, [&] { return moving_; });
  while (!stop.stop_requested()) {
    if (terminal) {
      measure(Clock::now());
      const std::string drawing = text(terminal_width());
      lock.unlock();
      session_.draw(drawing);
      lock.lock();
    }
    changed_.wait_for(lock, stop, terminal ? kRedraw : kLineEvery, [] { return false; });
    if (terminal || stop.stop_requested()) continue;
    measure(Clock::now());
    const std::string report = session_.json() ? event() : "objcli: " + line();
    lock.unlock();
    session_.progress_line(report);
    lock.lock();
  }
}

}  // namespace objstore::cli
