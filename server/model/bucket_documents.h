// The small documents that are configured for a bucket: its policy, its tags and the like. The catalogue keeps them as
// the front end wrote them and understands none; a document is replaced as a whole and goes with its bucket.
//
// Values; any thread. Rows: table bucket_documents, docs/formats/metadata.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace objstore::model {

enum class BucketDocument : std::uint8_t { kPolicy, kPublicAccessBlock, kOwnershipControls, kTagging };

// The name in the row's key: part of the format.
std::string_view to_string(BucketDocument document) noexcept;

using BucketDocuments = std::map<BucketDocument, std::string>;

inline constexpr std::size_t kBucketDocumentBytesMax = std::size_t{256} << 10;

}  // namespace objstore::model
