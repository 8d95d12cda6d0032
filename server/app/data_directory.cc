#include "server/app/data_directory.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>
#include <system_error>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/base/log.h"
#include "common/wire/time.h"
#include "server/auth/private_file.h"

namespace objstore::app {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kFormatName = "format";
constexpr std::string_view kCheckpointsName = "checkpoints";
constexpr std::array<std::string_view, 1> kKnownFeatures{StoreFormat::kSegmentDirectories};
// What may lie in a directory that becomes a store: the lock of a start that got no further, and what file systems
// make.
constexpr std::array<std::string_view, 3> kHarmlessNames{"lock", "format.new", "lost+found"};

json::array array_of(const std::vector<std::string>& names) {
  json::array array;
  for (const auto& name : names) array.emplace_back(name);
  return array;
}

std::vector<std::string> names_of(const json::object& document, std::string_view key) {
  return json::value_to<std::vector<std::string>>(document.at(key));
}

StoreFormat new_format() {
  std::array<std::byte, 16> id;
  fill_random(id);
  StoreFormat format;
  format.store_id = to_hex(id);
  format.created = wire::format_iso8601(SystemClock().now_ms());
  return format;
}

Result<std::optional<StoreFormat>> read_format(const fs::path& directory) {
  const auto path = directory / kFormatName;
  OBJSTORE_ASSIGN(const auto text, auth::read_small_file(path));
  if (!text) return std::optional<StoreFormat>();
  auto format = parse_format(*text);
  if (!format) return fail(format.error().code, path.string() + ": " + format.error().message);
  return std::optional<StoreFormat>(std::move(*format));
}

Status make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(Errc::kIo, path.string() + ": cannot make the directory: " + error.message());
  return {};
}

Status check_harmless(const fs::path& path) {
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (std::ranges::find(kHarmlessNames, name) == kHarmlessNames.end())
      return fail(
          Errc::kInvalidArgument,
          path.string() + ": not empty, and no data directory (it has no file \"format\" but \"" + name + "\")");
  }
  if (error) return fail(Errc::kIo, path.string() + ": " + error.message());
  return {};
}

Status write_format(const fs::path& path, const StoreFormat& format) {
  if (::chmod(path.c_str(), S_IRWXU) != 0)
    return fail(Errc::kIo,
                path.string() + ": cannot make the directory private: " + std::generic_category().message(errno));
  return auth::write_private_file(path / kFormatName, format_text(format));
}

Result<storage::StoreLock> lock(const fs::path& path) {
  auto lock = storage::StoreLock::acquire(path.string());
  if (!lock) return fail(lock.error().code, path.string() + ": " + lock.error().message);
  return lock;
}

}  // namespace

std::string format_text(const StoreFormat& format) {
  const json::object document{{"format", format.version},
                              {"store_id", format.store_id},
                              {"created", format.created},
                              {"compat", array_of(format.compat)},
                              {"ro_compat", array_of(format.ro_compat)},
                              {"incompat", array_of(format.incompat)}};
  return json::serialize(document) + "\n";
}

Result<StoreFormat> parse_format(std::string_view text) {
  StoreFormat format;
  try {
    const auto parsed = json::parse(json::string_view(text.data(), text.size()));
    const auto& document = parsed.as_object();
    format.version = json::value_to<int>(document.at("format"));
    // A later version may write the rest in another way: say what matters.
    if (format.version != StoreFormat::kVersion)
      return fail(Errc::kUnsupported, "the store has format " + std::to_string(format.version) +
                                          ", and this objd knows format " + std::to_string(StoreFormat::kVersion) +
                                          " only");
    format.store_id = json::value_to<std::string>(document.at("store_id"));
    format.created = json::value_to<std::string>(document.at("created"));
    format.compat = names_of(document, "compat");
    format.ro_compat = names_of(document, "ro_compat");
    format.incompat = names_of(document, "incompat");
  } catch (const std::exception&) {
    return fail(Errc::kCorrupt, "not the format file of a store");
  }
  // There is no read-only mode that ro_compat would allow.
  for (const auto* features : {&format.incompat, &format.ro_compat})
    for (const auto& feature : *features)
      if (features == &format.ro_compat || std::ranges::find(kKnownFeatures, feature) == kKnownFeatures.end())
        return fail(Errc::kUnsupported,
                    "the store uses the feature \"" + log::escape(feature) + "\", which this objd does not know");
  return format;
}

Status DataDirectory::require_feature(std::string_view feature) {
  if (std::ranges::find(format_.incompat, feature) != format_.incompat.end()) return {};
  StoreFormat format = format_;
  format.incompat.emplace_back(feature);
  OBJSTORE_TRY(auth::write_private_file(path_ / kFormatName, format_text(format)));
  format_ = std::move(format);
  return {};
}

Result<DataDirectory> DataDirectory::open(const fs::path& path, Mode mode) {
  if (mode == Mode::kCreate) OBJSTORE_TRY(make_directory(path));
  OBJSTORE_ASSIGN(auto format, read_format(path));
  if (!format && mode == Mode::kExisting) return fail(Errc::kNotFound, path.string() + ": no data directory");
  // Before the lock, which makes a file: somebody else's directory is left as it was.
  if (!format) OBJSTORE_TRY(check_harmless(path));
  OBJSTORE_ASSIGN(auto held, lock(path));
  // Once more, now that nobody else can be making it.
  if (!format) {
    OBJSTORE_ASSIGN(format, read_format(path));
  }
  const bool created = !format;
  if (created) {
    format = new_format();
    OBJSTORE_TRY(write_format(path, *format));
  }
  return DataDirectory(path, std::move(held), std::move(*format), created);
}

Result<DataDirectory> DataDirectory::open_again(const fs::path& path, StoreFormat format) {
  OBJSTORE_TRY(make_directory(path));
  // What a store leaves when it loses its format file has checkpoints; anything else is not ours to write to.
  if (!fs::exists(path / kCheckpointsName)) OBJSTORE_TRY(check_harmless(path));
  OBJSTORE_ASSIGN(auto held, lock(path));
  OBJSTORE_TRY(write_format(path, format));
  return DataDirectory(path, std::move(held), std::move(format), false);
}

}  // namespace objstore::app
