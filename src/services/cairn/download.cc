#include "api/operation.h"
#include "api/places.h"
#include "api/ports.h"
#include "aws/error.h"
#include "base/log.h"
#include "history/store.h"
#include "http/live_source.h"
#include "search/format.h"
#include "services/cairn/asked.h"

namespace cairn::services {
namespace {

constexpr size_t kAtOnceMax = 32, kAtOnceOfAccountMax = 8;
constexpr size_t kPieceBytes = 256 << 10;           // of records in one piece of the answer
constexpr size_t kWorkBytesMax = 4 << 20;           // of records looked at for one piece: the threads are shared with other answers
constexpr std::chrono::milliseconds kWorkMax{100};  // the same, by the clock

constexpr aws::ErrorKind kLimitExceeded{.code = "LimitExceededException"};

/// The events that were there when it began, page by page as fast as the client reads. Only the place in the history is kept meanwhile.
class Download final : public http::LiveSource {
 public:
  Download(std::unique_ptr<Asked> asked, history::History& history, std::unique_ptr<search::Format> format, std::shared_ptr<void> place,
           Time now)
      : place_(std::move(place)), asked_(std::move(asked)), history_(history), format_(std::move(format)), query_(asked_->query()) {
    query_.limit = SIZE_MAX;
    // Else what comes meanwhile would keep it going, oldest first.
    if (query_.order == history::Query::Order::kOldestFirst && (!query_.end || *query_.end > now))
      query_.end = std::chrono::floor<std::chrono::seconds>(now);
    query_.bytes_max = kPieceBytes;
    query_.work_bytes_max = kWorkBytesMax;
    query_.work_time_max = kWorkMax;
  }

  Piece next() override {
    Piece piece;
    if (!std::exchange(begun_, true)) piece.bytes = format_->begin();
    const Result<history::Page> page = history_.search(query_);
    if (!page) return {.bytes = {}, .is_broken = true};  // the history's log says why
    for (const history::Event& event : page->events) piece.bytes += format_->event(event);
    piece.is_last = !page->next;
    if (piece.is_last) piece.bytes += format_->end();
    else (query_.order == history::Query::Order::kNewestFirst ? query_.before : query_.newer_than) = page->next;
    return piece;
  }
  bool may_end_early() const override { return false; }

 private:
  const std::shared_ptr<void> place_;
  const std::unique_ptr<Asked> asked_;
  history::History& history_;
  const std::unique_ptr<search::Format> format_;
  history::Query query_;
  bool begun_ = false;
};

/// Events as a file: their records (NDJSON, the format of CloudTrail's log files) or a table (CSV).
void download_events(api::Call& call) {
  static api::Places places(kAtOnceOfAccountMax, kAtOnceMax);
  auto asked = std::make_unique<Asked>(call);
  const search::Format::Kind& kind = *search::Format::find(call.in.value("Format", "NDJSON"));
  std::shared_ptr<void> place = places.take(call.account.str());
  if (place == nullptr) throw aws::Error(kLimitExceeded, "Too many downloads are under way.");
  asked->tell_accounts(call);
  call.reply.headers = {{"Content-Type", std::string(kind.content_type)},
                        {"Content-Disposition", fmt::format("attachment; filename=\"{}\"", kind.file)}};
  call.reply.source = std::make_unique<Download>(std::move(asked), *call.ports->history, kind.make(), std::move(place), call.now);
}

constexpr api::Operation kOperations[] = {
    {.name = "DownloadEvents", .handle = download_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cairn_download;
const api::Family cairn_download{"cairn", kOperations, api::Decides::kHandler};

}  // namespace cairn::services
