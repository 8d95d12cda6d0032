// The file `endpoint` in the data directory: how the sub-commands find the server that runs on it. Written when the
// server listens, removed when it stops; after a crash it may name a server that is gone.
#pragma once

#include <objstore/error.h>

#include <filesystem>
#include <optional>
#include <string>

namespace objstore::app {

struct EndpointFile {
  std::string url;  // "http://127.0.0.1:9000"
  std::string region;
  std::string certificate;  // file with the certificate that an https server shows; else empty
};

Status write_endpoint_file(const std::filesystem::path& path, const EndpointFile& endpoint);
// Nothing when there is no file. kMalformed, kIo.
Result<std::optional<EndpointFile>> read_endpoint_file(const std::filesystem::path& path);

}  // namespace objstore::app
