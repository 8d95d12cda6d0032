#include "client/cli/write_options.h"

#include <utility>

#include "client/cli/units.h"
#include "common/base/bytes.h"
#include "common/wire/xml_reader.h"

namespace objstore::cli {
namespace {

constexpr std::string_view kTtlTag = "ttl";

// Whether this rule removes, after so many days, what has the tag ttl=<days>d.
bool is_ttl_rule(const wire::XmlElement& rule, std::uint32_t days) {
  const auto* filter = rule.child("Filter");
  const auto* expiration = rule.child("Expiration");
  if (rule.child_text("Status") != "Enabled" || filter == nullptr || expiration == nullptr) return false;
  const auto* tag = filter->child("Tag");
  return tag != nullptr && tag->child_text("Key") == kTtlTag &&
         tag->child_text("Value") == std::to_string(days) + "d" &&
         expiration->child_text("Days") == std::to_string(days);
}

std::string rule_text(std::uint32_t days) {
  const std::string text = std::to_string(days);
  return "<Rule><ID>ttl-" + text + "d</ID><Filter><Tag><Key>ttl</Key><Value>" + text +
         "d</Value></Tag></Filter><Status>Enabled</Status><Expiration><Days>" + text + "</Days></Expiration></Rule>";
}

// S3 removes by a bucket's lifecycle rules only: there is no header for it. So a ttl is a tag, and a rule that is there
// already; making the rule here would change the bucket for everybody.
Status apply_ttl(Session& session, const std::string& ttl, const BucketName& bucket, client::PutOptions& options) {
  constexpr std::uint32_t kDay = 86'400;
  const auto seconds = parse_seconds(ttl);
  if (!seconds || *seconds == 0 || *seconds % kDay != 0) {
    return fail(Errc::kInvalidArgument, "--ttl '" + ttl + "' is not a number of whole days; write 7d");
  }
  const std::uint32_t days = *seconds / kDay;
  const auto document = session.client().document(bucket, client::BucketDocument::kLifecycle);
  if (!document && document.error().code == Errc::kUnsupported) {
    return fail(Errc::kUnsupported,
                "this server has no lifecycle, so that nothing would ever remove the object; leave "
                "--ttl away and remove it yourself");
  }
  const bool no_document = !document && (document.error().code == Errc::kNotFound);
  if (!document && !no_document) return std::unexpected(document.error());
  if (document) {
    OBJSTORE_ASSIGN(const auto root, wire::parse_xml(*document));
    for (const auto& rule : root.children) {
      if (rule.name != "Rule" || !is_ttl_rule(rule, days)) continue;
      options.tags[std::string(kTtlTag)] = std::to_string(days) + "d";
      return {};
    }
  }
  return fail(Errc::kUnsupported, "the lifecycle of " + bucket.str() +
                                      " has no rule that removes what has the tag ttl=" + std::to_string(days) +
                                      "d; add " + rule_text(days) + " with `objcli lifecycle set`");
}

}  // namespace

Result<std::map<std::string, std::string>> pairs_of(std::string_view option, const std::vector<std::string>& texts) {
  std::map<std::string, std::string> out;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Errc::kInvalidArgument, std::string(option) + " '" + text + "' is not name=value");
    }
    out[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return out;
}

std::string quoted_etag(const std::string& text) {
  return text.empty() || text.starts_with('"') || text == "*" ? text : "\"" + text + "\"";
}

Result<client::PathFilter> filter_of(const FilterArguments& arguments) {
  return client::PathFilter::create(arguments.include, arguments.exclude);
}

Result<client::PutOptions> write_options(Session& session, const WriteArguments& arguments, const BucketName& bucket) {
  if (!arguments.if_none_match.empty() && arguments.if_none_match != "*") {
    return fail(Errc::kInvalidArgument, "of a write S3 knows only --if-none-match '*': the object must not exist");
  }
  client::PutOptions options{.content_type = arguments.content_type,
                             .cache_control = arguments.cache_control,
                             .content_encoding = arguments.content_encoding,
                             .if_absent = arguments.no_overwrite || !arguments.if_none_match.empty(),
                             .if_match = quoted_etag(arguments.if_match)};
  OBJSTORE_ASSIGN(const auto metadata, pairs_of("--metadata", arguments.metadata));
  for (const auto& [name, value] : metadata) options.metadata[to_lower(name)] = value;
  OBJSTORE_ASSIGN(options.tags, pairs_of("--tag", arguments.tags));
  if (!arguments.ttl.empty()) OBJSTORE_TRY(apply_ttl(session, arguments.ttl, bucket, options));
  return options;
}

}  // namespace objstore::cli
