// Listings cost what they return: a common prefix is passed over by seeking behind it.
#include "server/model/catalog_impl.h"
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
  std::size_t count = 0;
  while (cursor->valid()) {
    const std::string_view key = cursor->key().substr(base.size());
    if (count == query.max_keys) {
      page.truncated = true;
      break;
    }
    if (const auto common = common_prefix(key, query.prefix, query.delimiter)) {
      page.common_prefixes.emplace_back(*common);
      page.next_after = *common;
      ++count;
      const auto behind = successor(*common);
      if (!behind) break;
      cursor->seek(base + *behind);
      continue;
    }
    OBJSTORE_ASSIGN(ObjectRow row, decode_object(key, cursor->value()));
    if (!row.delete_marker) {
      page.next_after = key;
      page.objects.push_back(std::move(row.info));
      ++count;
    }
    cursor->next();
  }
  OBJSTORE_TRY(cursor->status());
  if (!page.truncated) page.next_after.clear();
  return page;
}

}  // namespace objstore::model
