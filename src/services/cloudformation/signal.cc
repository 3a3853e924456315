#include "services/cloudformation/signal.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "services/cloudformation/resource.h"

namespace cairn::cloudformation {
namespace {

std::string time_place(Time time) { return fmt::format("{:013}", time.time_since_epoch().count()); }

std::optional<std::string> text_in(const Json& document, const char* member) {
  const auto it = document.find(member);
  if (it == document.end() || it->is_null()) return "";
  const std::string text = it->is_string() ? it->get<std::string>() : json::dump(*it);
  if (text.size() > kSignalTextBytesMax) return std::nullopt;
  return text;
}

}  // namespace

std::string url_of(std::string_view endpoint, const Handle& handle) {
  return fmt::format("{}{}{}/{}/{}/{}/{}", endpoint, kSignalPath, handle.account.str(), handle.region.str(), handle.stack, handle.resource,
                     handle.secret);
}

std::optional<Handle> handle_of(std::string_view url) {
  const size_t at = url.find(kSignalPath);
  if (at == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> parts = text::split(url.substr(at + kSignalPath.size()), '/');
  if (parts.size() != 5 || std::ranges::any_of(parts, [](std::string_view part) { return part.empty(); })) return std::nullopt;
  return Handle{.account = aws::AccountId(std::string(parts[0])),
                .region = aws::Region(std::string(parts[1])),
                .stack = std::string(parts[2]),
                .resource = std::string(parts[3]),
                .secret = std::string(parts[4])};
}

std::optional<Signal> parse_signal(std::string_view text) {
  if (text.size() > kSignalBytesMax) return std::nullopt;
  const Result<Json> document = json::parse(text);
  if (!document || !document->is_object()) return std::nullopt;
  const auto status = text_in(*document, "Status"), id = text_in(*document, "UniqueId"), reason = text_in(*document, "Reason"),
             data = text_in(*document, "Data");
  if (!status || !id || !reason || !data || id->empty() || (*status != "SUCCESS" && *status != "FAILURE")) return std::nullopt;
  return Signal{.id = *id, .reason = *reason, .data = *data, .is_success = *status == "SUCCESS"};
}

std::vector<Signal> signals_of(state::Transaction& state, const state::Sealer& sealer, const Handle& handle) {
  std::vector<std::pair<std::string, Signal>> found;
  for (const state::Item& item : state.list(keys::signals(handle.stack, handle.resource), "", kSignalsMax).items) {
    const std::optional<Secret> opened = sealer.open(item.value, item.key);
    if (!opened) continue;  // of a version that did not seal them
    const Json document = json::parse(opened->reveal()).value();
    found.emplace_back(document.at("at").get<std::string>(), Signal{.id = document.at("id").get<std::string>(),
                                                                    .reason = document.at("reason").get<std::string>(),
                                                                    .data = document.at("data").get<std::string>(),
                                                                    .is_success = document.at("success").get<bool>()});
  }
  std::ranges::stable_sort(found, {}, &std::pair<std::string, Signal>::first);
  std::vector<Signal> signals;
  for (auto& [at, signal] : found) signals.push_back(std::move(signal));
  return signals;
}

Taken put_signal(state::Transaction& state, const state::Sealer& sealer, const Handle& handle, const Signal& signal, Time now) {
  const std::optional<Stack> stack = find_stack(state, handle.account, handle.region, handle.stack);
  if (!stack || stack->is_gone()) return Taken::kNoHandle;
  const std::optional<Json> document = get_sealed(state, sealer, keys::resources(handle.stack) + handle.resource);
  const std::optional<Resource> resource = document ? std::optional(resource_of(*document)) : std::nullopt;
  const std::optional<Handle> known = resource ? handle_of(resource->now.physical) : std::nullopt;
  if (!known || resource->type != kHandleType || resource->is_gone() || !crypto::equal_constant_time(known->secret, handle.secret))
    return Taken::kNoHandle;
  const std::string folder = keys::signals(handle.stack, handle.resource);
  const std::string key = folder + text::hex(crypto::sha256(signal.id));
  if (state.exists(key)) return Taken::kKnown;
  const Json kept{
      {"id", signal.id}, {"reason", signal.reason}, {"data", signal.data}, {"success", signal.is_success}, {"at", time_place(now)}};
  const state::Page page = state.list(folder, "", kSignalsMax);
  size_t bytes = json::dump(kept).size();
  for (const state::Item& item : page.items) bytes += item.value.size();
  if (page.items.size() == kSignalsMax || bytes > kSignalsBytesMax) return Taken::kTooMany;
  put_sealed(state, sealer, key, kept);
  return Taken::kKept;
}

}  // namespace cairn::cloudformation
