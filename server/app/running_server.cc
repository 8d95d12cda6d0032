#include "server/app/running_server.h"

#include <boost/json.hpp>
#include <cstdio>

#include "server/app/endpoint_file.h"
#include "server/app/identity.h"

namespace objstore::app {
namespace {

namespace json = boost::json;

Errc code_of(int status) {
  switch (status) {
    case 400:
      return Errc::kInvalidArgument;
    case 403:
      return Errc::kAccessDenied;
    case 404:
      return Errc::kNotFound;
    case 409:
      return Errc::kConflict;
    default:
      return Errc::kInternal;
  }
}

}  // namespace

int failed(const Error& error) {
  std::fprintf(stderr, "objd: %s\n", error.message.c_str());
  return kExitFailure;
}

Result<Config> config_with_data(const CommandLine& line) {
  OBJSTORE_ASSIGN(auto config, load_config(line.options, process_environment));
  if (config.data.empty())
    return fail(Errc::kInvalidArgument, "--data DIR is needed (or OBJD_DATA, or data in the file)");
  return config;
}

Result<Connection> find_server(const Config& config, const std::string& endpoint) {
  const std::filesystem::path directory(config.data);
  OBJSTORE_ASSIGN(const auto key, auth::read_credentials_file(directory / "root-credentials"));
  if (!key) return fail(Errc::kNotFound, config.data + ": no root-credentials in it; is this the data directory?");
  Connection connection{.target = {.url = endpoint, .region = config.region, .certificate = {}}, .key = *key};
  if (!endpoint.empty()) return connection;
  OBJSTORE_ASSIGN(const auto file, read_endpoint_file(directory / "endpoint"));
  if (!file) return fail(Errc::kUnreachable, config.data + ": no server runs on this data directory");
  connection.target = {.url = file->url, .region = file->region, .certificate = file->certificate};
  return connection;
}

Result<std::string> ask_server(const Connection& connection, std::string_view method, std::string_view path,
                               std::string_view query) {
  OBJSTORE_ASSIGN(auto reply, admin_request(connection.target, connection.key, method, path, query));
  try {
    const auto object = json::parse(reply.body).as_object();
    if (reply.status == 200) return std::move(reply.body);
    return fail(code_of(reply.status), "the server refused: " + json::value_to<std::string>(object.at("message")));
  } catch (const std::exception&) {
    return fail(Errc::kMalformed, "the server answered with status " + std::to_string(reply.status) +
                                      " and what is no Objstore document");
  }
}

}  // namespace objstore::app
