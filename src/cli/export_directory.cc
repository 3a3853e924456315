#include "cli/export_directory.h"

#include <algorithm>
#include <filesystem>

namespace cairn::cli {

namespace {

constexpr size_t kStateBytesMax = 256 << 20;  // a million files
constexpr int kVersion = 2;

tl::unexpected<Trouble> could_not(std::string message) { return trouble(kCouldNot, std::move(message)); }

/// Which argument another export was given that this one was not, and what to do.
std::string difference(const Json& before, const Json& now) {
  for (const auto& [option, value] : now.items()) {
    const auto then = before.find(option);
    if (then != before.end() && *then == value) continue;
    if (option == ExportDirectory::kCaller)
      return fmt::format("of other credentials: It was begun as {}. Give the same ones", then == before.end() ? std::string("nobody")
                                                                                         : then->is_string()  ? then->get<std::string>()
                                                                                                              : json::dump(*then));
    return fmt::format("with other arguments ({} {}): give the same ones", option,
                       then == before.end() || then->empty() || *then == "" ? "was not given" : "was " + json::dump(*then));
  }
  return "with other arguments: give the same ones";
}

/// A count as this program writes it: nullopt for what JSON would turn into one.
std::optional<uint64_t> count_of(const Json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<uint64_t>();
}

/// What a state says, if it is one. Its `Files` go to `kept`.
std::optional<ExportDirectory::Reached> read_state(const Json& state, std::vector<Partitions::Kept>& kept) {
  uint64_t events = 0;
  for (const Json& file : state.at("Files")) {
    const auto bytes = count_of(file.at("Bytes")), of_file = count_of(file.at("Events"));
    if (!bytes || !of_file || *bytes == 0 || *of_file == 0 || *of_file > UINT64_MAX - events) return std::nullopt;
    events += *of_file;
    kept.push_back({file.at("Path").get<std::string>(), *bytes, *of_file});
  }
  if (!state.at("Input").is_object() || count_of(state.at("Events")) != events) return std::nullopt;
  return ExportDirectory::Reached{.input = state.at("Input"),
                                  .next_token = state.at("NextToken").get<std::string>(),
                                  .is_fetched = state.at("IsFetched").get<bool>(),
                                  .events = events};
}

}  // namespace

Result<void, Trouble> ExportDirectory::lock() {
  auto lock = files_.lock(name(kLockName));
  if (lock) {
    lock_ = std::move(*lock);
    return {};
  }
  if (lock.error().kind != env::IoFailure::kBusy) return could_not(lock.error().message);
  return could_not(fmt::format("another export is at work in {}", path_));
}

Result<std::optional<ExportDirectory::Reached>, Trouble> ExportDirectory::take_up(const Json& arguments) {
  const auto names = files_.list(path_);
  if (!names && names.error().kind == env::IoFailure::kNotFound) return std::nullopt;
  if (!names) return trouble(kCouldNot, names.error().message);
  // Of one that had only begun to begin, its lock may be there, and its state in the making.
  const auto is_of_beginning = [](const std::string& each) {
    return each == kLockName || (each.starts_with(kStateName) && each != kStateName);
  };
  if (std::ranges::all_of(*names, is_of_beginning)) return std::nullopt;
  if (std::ranges::find(*names, kStateName) == names->end())
    return trouble(kWrongUsage, fmt::format("{} is there and not empty: name a new directory", path_));
  if (auto locked = lock(); !locked) return tl::unexpected(locked.error());
  const auto text = env::read_file(files_, name(kStateName), kStateBytesMax);
  if (!text) return could_not(text.error().message);
  const auto state = json::parse(*text);
  const auto damaged = [&] {
    return could_not(
        fmt::format("{} cannot be gone on with: {} is not as this program writes it. Name a new directory", path_, name(kStateName)));
  };
  try {
    if (!state || state->at("Version") != kVersion || !state->at("Arguments").is_object()) return damaged();
    if (state->at("Arguments") != arguments)
      return trouble(kWrongUsage, fmt::format("{} holds an interrupted export {}, or name a new directory", path_,
                                              difference(state->at("Arguments"), arguments)));
    std::vector<Partitions::Kept> kept;
    auto reached = read_state(*state, kept);
    if (!reached) return damaged();
    arguments_ = arguments;
    const auto taken = partitions_.take_up(kept, reached->is_fetched);
    if (!taken) return could_not(fmt::format("{} cannot be gone on with: {}", path_, taken.error().message));
    return reached;
  } catch (const Json::exception&) {
    return damaged();
  }
}

Result<void, Trouble> ExportDirectory::begin(const Json& arguments, const Reached& reached) {
  if (const auto made = files_.make_directory(path_); !made) return could_not(made.error().message);
  if (const auto named = files_.sync_directory(env::parent_directory(path_)); !named) return could_not(named.error().message);
  if (auto locked = lock(); !locked) return locked;
  arguments_ = arguments;
  if (const auto kept = keep(reached); !kept) return could_not(kept.error().message);
  return {};
}

Result<void> ExportDirectory::keep(const Reached& reached) {
  const auto kept = partitions_.keep();
  if (!kept) return tl::unexpected(kept.error());
  Json state = {{"Version", kVersion},
                {"Arguments", arguments_},
                {"Input", reached.input},
                {"NextToken", reached.next_token},
                {"IsFetched", reached.is_fetched},
                {"Events", reached.events},
                {"Files", Json::array()}};
  for (const Partitions::Kept& file : *kept)
    state["Files"].push_back({{"Path", file.path}, {"Bytes", file.bytes}, {"Events", file.events}});
  if (const auto written = env::write_file_atomically(files_, name(kStateName), json::dump(state)); !written)
    return failure("{}", written.error().message);
  return {};
}

Result<void> ExportDirectory::end() {
  for (const std::string_view each : {kStateName, kLockName})
    if (const auto removed = files_.remove(name(each)); !removed) return failure("{}", removed.error().message);
  lock_.reset();
  if (const auto synced = files_.sync_directory(path_); !synced) return failure("{}", synced.error().message);
  return {};
}

Result<void> holds_files_alone(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto is_ours = [](const fs::directory_entry& each) {
    const std::string name = each.path().filename().string();
    return name.starts_with(ExportDirectory::kStateName) || name.starts_with(ExportDirectory::kLockName);
  };
  if (std::none_of(fs::directory_iterator(path, error), fs::directory_iterator(), is_ours)) return {};
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    const fs::file_status status = it->symlink_status(error);
    if (!error && !fs::is_directory(status) && !fs::is_regular_file(status))
      return failure("{} is neither a file nor a directory", it->path().string());
  }
  if (error) return failure("{} cannot be looked through: {}", path, error.message());
  return {};
}

bool is_unfinished_export(std::string_view name) { return name == ExportDirectory::kStateName || Partitions::is_unfinished(name); }

}  // namespace cairn::cli
