#include "client/lib/list_pager.h"

#include "client/lib/s3_documents.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

std::string list_query(const ListOptions& options, const std::string& continuation) {
  wire::QueryBuilder query;
  query.add("list-type", "2").add("encoding-type", "url").add("max-keys", std::to_string(options.page_size));
  if (!options.prefix.empty()) query.add("prefix", options.prefix);
  if (!options.delimiter.empty()) query.add("delimiter", options.delimiter);
  if (!options.start_after.empty()) query.add("start-after", options.start_after);
  if (!continuation.empty()) query.add("continuation-token", continuation);
  return query.str();
}

}  // namespace

ListPager::ListPager(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ListPager::ListPager(ListPager&&) noexcept = default;
ListPager& ListPager::operator=(ListPager&&) noexcept = default;
ListPager::~ListPager() = default;

Result<std::optional<ListPage>> ListPager::next() {
  if (impl_->finished) return std::nullopt;
  const S3Request request{
      .bucket = impl_->bucket, .query = list_query(impl_->options, impl_->continuation), .stop = impl_->options.stop};
  auto response = impl_->caller.call(request);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  OBJSTORE_ASSIGN(ObjectPage page, read_objects(response->body));
  if (!page.continuation.empty() && page.continuation == impl_->continuation) {
    return fail(Errc::kMalformed, "the server's listing does not advance");
  }
  impl_->continuation = std::move(page.continuation);
  impl_->finished = impl_->continuation.empty();
  return std::move(page.page);
}

}  // namespace objstore::client
