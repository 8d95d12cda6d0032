#include "client/lib/content_type.h"

#include <algorithm>
#include <array>

#include "common/base/bytes.h"

namespace objstore::client {
namespace {

struct Entry {
  std::string_view ending;
  std::string_view type;
};

// The endings that pipelines and web sites use (types from the IANA registry). A compressed archive is what its last
// ending says: sending Content-Encoding: gzip for a .tar.gz makes some clients unpack it behind their user's back.
constexpr std::array kTypes = std::to_array<Entry>({
    {"7z", "application/x-7z-compressed"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/x-c"},
    {"cc", "text/x-c"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"deb", "application/vnd.debian.binary-package"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/x-c"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"jar", "application/java-archive"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"log", "text/plain"},
    {"md", "text/markdown"},
    {"mjs", "text/javascript"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"ogg", "audio/ogg"},
    {"otf", "font/otf"},
    {"parquet", "application/vnd.apache.parquet"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"py", "text/x-python"},
    {"rpm", "application/x-rpm"},
    {"rst", "text/x-rst"},
    {"sh", "application/x-sh"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"webm", "video/webm"},
    {"webp", "image/webp"},
    {"whl", "application/zip"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xml", "application/xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
});
static_assert(std::ranges::is_sorted(kTypes, {}, &Entry::ending));

constexpr std::string_view kUnknown = "application/octet-stream";

}  // namespace

std::string_view guess_content_type(std::string_view file_name) noexcept {
  const auto slash = file_name.rfind('/');
  if (slash != std::string_view::npos) file_name.remove_prefix(slash + 1);
  const auto dot = file_name.rfind('.');
  // A name that only starts with a dot (".log") has no ending.
  if (dot == std::string_view::npos || dot == 0) return kUnknown;
  const std::string_view ending = file_name.substr(dot + 1);
  const auto found = std::ranges::find_if(kTypes, [&](const Entry& e) { return equals_ignore_case(e.ending, ending); });
  return found == kTypes.end() ? kUnknown : found->type;
}

}  // namespace objstore::client
