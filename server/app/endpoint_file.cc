#include "server/app/endpoint_file.h"

#include <boost/json.hpp>

#include "server/auth/private_file.h"

namespace objstore::app {

namespace json = boost::json;

Status write_endpoint_file(const std::filesystem::path& path, const EndpointFile& endpoint) {
  const json::object document{
      {"url", endpoint.url}, {"region", endpoint.region}, {"certificate", endpoint.certificate}};
  return auth::write_private_file(path, json::serialize(document) + "\n");
}

Result<std::optional<EndpointFile>> read_endpoint_file(const std::filesystem::path& path) {
  OBJSTORE_ASSIGN(const auto text, auth::read_small_file(path));
  if (!text) return std::optional<EndpointFile>();
  try {
    const auto parsed = json::parse(*text);
    const auto& document = parsed.as_object();
    return EndpointFile{.url = json::value_to<std::string>(document.at("url")),
                        .region = json::value_to<std::string>(document.at("region")),
                        .certificate = json::value_to<std::string>(document.at("certificate"))};
  } catch (const std::exception&) {
    return fail(Errc::kMalformed, path.string() + ": not the endpoint file of a server");
  }
}

}  // namespace objstore::app
