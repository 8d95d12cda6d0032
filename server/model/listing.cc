// Listings cost what they return: a common prefix is passed over by seeking behind it. What is not shown, current
// versions that are delete markers, is bounded: a page ends after kMarkersPerPageMax of them, however short it is.
#include <algorithm>

#include "server/model/catalog_impl.h"
#include "server/model/listed_row.h"
#include "server/model/prefixes.h"

namespace objstore::model {

using storage::Table;

Result<ListPage> CatalogImpl::list(const BucketName& bucket_name, const ListQuery& query) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  ListPage page;
  if (query.max_keys == 0) return page;
  const std::string base = bucket_prefix(bucket.row.info.id);
  const auto cursor = engine_.metadata().scan(Table::kObjects, base + query.prefix);
  if (query.after >= query.prefix && !query.after.empty()) {
    cursor->seek(base + first_behind(query.after, query.prefix, query.delimiter));
  }
  page.objects.reserve(std::min<std::size_t>(query.max_keys, kListPageMax));
  std::size_t shown = 0;
  std::size_t markers = 0;
  while (cursor->valid()) {
    const std::string_view key = cursor->key().substr(base.size());
    const auto common = common_prefix(key, query.prefix, query.delimiter);
    OBJSTORE_ASSIGN(ListedObject object, decode_listed(key, cursor->value(), *page.texts));
    page.truncated = object.delete_marker ? markers == kMarkersPerPageMax : shown == query.max_keys;
    if (page.truncated) break;
    if (object.delete_marker) {
      // A prefix is shown for an object below it, so one with nothing but markers so far has to be looked through.
      ++markers;
      if (shown < query.max_keys) page.next_after = common ? within_prefix(key) : std::string(key);
      cursor->next();
      continue;
    }
    ++shown;
    if (common) {
      page.common_prefixes.emplace_back(*common);
      page.next_after = *common;
      const auto behind = successor(*common);
      if (!behind) break;
      cursor->seek(base + *behind);
      continue;
    }
    page.next_after = key;
    page.objects.push_back(std::move(object));
    cursor->next();
  }
  OBJSTORE_TRY(cursor->status());
  if (!page.truncated) page.next_after.clear();
  return page;
}

}  // namespace objstore::model
