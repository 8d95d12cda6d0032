#include "server/api/s3/public_access.h"

#include <array>

#include "common/base/bytes.h"
#include "server/api/s3/body.h"
#include "server/api/s3/documents.h"

namespace objstore::s3 {
namespace {

struct Setting {
  std::string_view element;
  bool PublicAccessBlock::* member;
};
constexpr auto kSettings = std::to_array<Setting>({
    {"BlockPublicAcls", &PublicAccessBlock::block_public_acls},
    {"IgnorePublicAcls", &PublicAccessBlock::ignore_public_acls},
    {"BlockPublicPolicy", &PublicAccessBlock::block_public_policy},
    {"RestrictPublicBuckets", &PublicAccessBlock::restrict_public_buckets},
});

}  // namespace

Outcome<PublicAccessBlock> read_public_access(const std::string& document) {
  OBJSTORE_S3_ASSIGN(const wire::XmlElement root,
                     parse_document(document, "PublicAccessBlockConfiguration", kDocumentBytesMax));
  PublicAccessBlock block;
  std::size_t understood = 0;
  for (const Setting& setting : kSettings) {
    if (root.count(setting.element) > 1) return refuse(Code::kMalformedXML);
    const std::string_view text = trim(root.child_text(setting.element));
    if (!text.empty() && !equals_ignore_case(text, "true") && !equals_ignore_case(text, "false"))
      return refuse(Code::kMalformedXML);
    block.*setting.member = equals_ignore_case(text, "true");
    understood += root.count(setting.element);
  }
  if (understood != root.children.size()) return refuse(Code::kMalformedXML);
  return block;
}

std::string public_access_document(const PublicAccessBlock& block) {
  wire::XmlWriter xml("PublicAccessBlockConfiguration", wire::kS3Namespace);
  for (const Setting& setting : kSettings) xml.element(setting.element, block.*setting.member);
  return std::move(xml).finish();
}

PublicAccessBlock stored_public_access(const std::string& document) {
  const auto block = read_public_access(document);
  return block ? *block : PublicAccessBlock{true, true, true, true};
}

}  // namespace objstore::s3
