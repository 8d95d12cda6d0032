#include "server/app/segment_places.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <filesystem>
#include <optional>

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "common/base/log.h"
#include "server/auth/private_file.h"

namespace objstore::app {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kListName = "directories.json";
constexpr std::string_view kMarkName = "objstore.json";
constexpr int kVersion = 1;

// A further directory as the data directory lists it.
struct Listed {
  std::string id;
  std::string path;  // where it was last
};

Result<json::object> parse(const fs::path& path, const std::string& text) {
  try {
    auto document = json::parse(text).as_object();
    const int version = json::value_to<int>(document.at("format"));
    if (version == kVersion) return document;
    return fail(Errc::kUnsupported,
                path.string() + ": of format " + std::to_string(version) + ", which this objd does not know");
  } catch (const std::exception&) {
    return fail(Errc::kCorrupt, path.string() + ": not a document of Objstore");
  }
}

Result<std::vector<Listed>> read_list(const fs::path& path) {
  std::vector<Listed> out;
  OBJSTORE_ASSIGN(const auto text, auth::read_small_file(path));
  if (!text) return out;
  OBJSTORE_ASSIGN(const json::object document, parse(path, *text));
  try {
    for (const auto& entry : document.at("directories").as_array()) {
      out.push_back({json::value_to<std::string>(entry.at("id")), json::value_to<std::string>(entry.at("path"))});
    }
  } catch (const std::exception&) {
    return fail(Errc::kCorrupt, path.string() + ": not a list of directories");
  }
  return out;
}

Status write_list(const fs::path& path, const std::vector<Listed>& list) {
  json::array entries;
  for (const Listed& listed : list) entries.push_back({{"id", listed.id}, {"path", listed.path}});
  return auth::write_private_file(
      path, json::serialize(json::object{{"format", kVersion}, {"directories", std::move(entries)}}) + "\n");
}

// The id in the mark of a directory; nothing when it has none.
Result<std::optional<std::string>> read_mark(const fs::path& directory, const std::string& store_id) {
  const fs::path path = directory / kMarkName;
  OBJSTORE_ASSIGN(const auto text, auth::read_small_file(path));
  if (!text) return std::optional<std::string>();
  OBJSTORE_ASSIGN(const json::object document, parse(path, *text));
  try {
    if (json::value_to<std::string>(document.at("store_id")) != store_id) {
      return fail(Errc::kInvalidArgument, directory.string() + ": belongs to another store");
    }
    return std::optional(json::value_to<std::string>(document.at("id")));
  } catch (const std::exception&) {
    return fail(Errc::kCorrupt, path.string() + ": not the mark of a segment directory");
  }
}

// A new one must be empty, or not be there at all.
Status check_new(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return fail(Errc::kIo, directory.string() + ": cannot make the directory: " + error.message());
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name != "lost+found" && name != std::string(kMarkName) + ".new") {
      return fail(Errc::kInvalidArgument,
                  directory.string() + ": not empty (it has \"" + name + "\"), and no segment directory of this store");
    }
  }
  if (error) return fail(Errc::kIo, directory.string() + ": " + error.message());
  return {};
}

std::string normal(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  std::string text = error ? path : absolute.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

class Opener {
 public:
  Opener(DataDirectory& directory, const Config& config, Places mode)
      : directory_(directory), config_(config), mode_(mode), list_path_(directory.path() / kListName) {}

  Result<SegmentPlaces> open() {
    places_.paths.push_back(directory_.segments().string());
    OBJSTORE_ASSIGN(list_, read_list(list_path_));
    for (const std::string& given : config_.segments) OBJSTORE_TRY(open_one(normal(given)));
    for (const Listed& listed : list_) {
      if (std::ranges::find(found_, listed.id) == found_.end()) OBJSTORE_TRY(miss(listed.path));
    }
    if (changed_ && mode_ == Places::kTakeIn) OBJSTORE_TRY(write_list(list_path_, list_));
    return std::move(places_);
  }

 private:
  Status open_one(const std::string& path) {
    if (path == normal(directory_.path().string())) {
      return fail(Errc::kInvalidArgument, path + ": the data directory holds segments anyway");
    }
    OBJSTORE_ASSIGN(const auto mark, read_mark(path, directory_.format().store_id));
    if (mark) return known(path, *mark);
    const bool was_there = std::ranges::any_of(list_, [&](const Listed& listed) { return listed.path == path; });
    if (was_there || mode_ == Places::kAsTheyAre) return {};  // told as missing when all have been looked at
    return take_in(path);
  }

  Status known(const std::string& path, const std::string& id) {
    if (std::ranges::find(found_, id) != found_.end()) {
      return fail(Errc::kInvalidArgument, path + ": the same directory is given twice");
    }
    const auto listed = std::ranges::find(list_, id, &Listed::id);
    if (listed == list_.end()) {
      // Its mark was written and the list was not, or the data directory comes from an older backup.
      list_.push_back({id, path});
      changed_ = true;
    } else if (listed->path != path) {
      listed->path = path;
      changed_ = true;
    }
    use(path, id);
    return {};
  }

  // The list first: from then on a start without this directory is refused. The feature before both, so that an older
  // build does not take what lies there for lost.
  Status take_in(const std::string& path) {
    OBJSTORE_TRY(check_new(path));
    OBJSTORE_TRY(directory_.require_feature(StoreFormat::kSegmentDirectories));
    std::array<std::byte, 16> random;
    fill_random(random);
    const Listed fresh{to_hex(random), path};
    list_.push_back(fresh);
    const json::object mark{{"format", kVersion}, {"store_id", directory_.format().store_id}, {"id", fresh.id}};
    OBJSTORE_TRY(auth::write_private_file(fs::path(path) / kMarkName, json::serialize(mark) + "\n"));
    OBJSTORE_TRY(write_list(list_path_, list_));
    log::info("a segment directory was added", {{"directory", path}});
    use(path, fresh.id);
    return {};
  }

  void use(const std::string& path, const std::string& id) {
    found_.push_back(id);
    places_.roots.push_back(path);
    places_.paths.push_back(path + "/segments");
  }

  Status miss(const std::string& path) {
    if (mode_ == Places::kAsTheyAre || config_.copies > 1 || config_.allow_missing_segments) {
      log::error("a segment directory is missing", {{"directory", path}});
      places_.missing.push_back(path);
      return {};
    }
    return fail(Errc::kInvalidArgument, path +
                                            ": this segment directory of the store is missing (is its disk mounted, "
                                            "and given by --segments?); --allow-missing-segments starts without it");
  }

  DataDirectory& directory_;
  const Config& config_;
  const Places mode_;
  const fs::path list_path_;
  std::vector<Listed> list_;
  std::vector<std::string> found_;  // ids
  bool changed_ = false;
  SegmentPlaces places_;
};

}  // namespace

Status check_data_is_not_lost(const Config& config) {
  const fs::path data = config.data;
  const std::string way_out = "`objd rebuild` with the same --data and --segments brings the store back";
  std::error_code ignored;
  if (fs::exists(data / "format", ignored)) return {};
  if (fs::exists(data / "checkpoints", ignored))
    return fail(Errc::kInvalidArgument, data.string() + ": the file \"format\" of this store is missing; " + way_out);
  for (const std::string& given : config.segments) {
    if (!fs::exists(fs::path(given) / kMarkName, ignored)) continue;
    return fail(Errc::kInvalidArgument, given + ": belongs to a store, and " + data.string() +
                                            " does not hold one; if that disk was lost, " + way_out);
  }
  return {};
}

Result<SegmentPlaces> open_segment_places(DataDirectory& directory, const Config& config, Places mode) {
  return Opener(directory, config, mode).open();
}

}  // namespace objstore::app
