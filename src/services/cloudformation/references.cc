#include "services/cloudformation/references.h"

#include <algorithm>
#include <functional>

#include "base/text.h"

namespace cairn::cloudformation {
namespace {

constexpr std::string_view kOpen = "{{resolve:", kClose = "}}", kPlain = "ssm:", kSecure = "ssm-secure:";
constexpr const char* kMeant = "ResolvedReferences";  // hidden attribute: reference -> value

/// Those of AWS's list that we have.
constexpr std::pair<std::string_view, std::string_view> kSecurePlaces[] = {{"AWS::IAM::User", "/LoginProfile/Password"}};

using Found = std::function<std::string(const std::string& path, std::string_view reference)>;

/// Each reference in the texts of `value` becomes what `found` gives for it.
void replace(Json& value, const std::string& path, const Found& found) {
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    std::string out;
    size_t at = 0;
    for (size_t open; (open = text.find(kOpen, at)) != std::string::npos;) {
      const size_t close = text.find(kClose, open);
      if (close == std::string::npos) break;
      out += text.substr(at, open - at);
      out += found(path, std::string_view(text).substr(open + kOpen.size(), close - open - kOpen.size()));
      at = close + kClose.size();
    }
    if (at > 0) value = out.append(text, at);
  } else if (value.is_object()) {
    for (auto it = value.begin(); it != value.end(); ++it) replace(it.value(), path + "/" + it.key(), found);
  } else if (value.is_array()) {
    for (Json& each : value) replace(each, path, found);
  }
}

std::string written(std::string_view reference) { return std::string(kOpen).append(reference).append(kClose); }

void put_meant(Json& properties, const Json& meant) {
  replace(properties, "", [&](const std::string&, std::string_view reference) {
    const auto it = meant.find(reference);
    return it == meant.end() ? written(reference) : it->get<std::string>();
  });
}

std::string ask(Doing& doing, std::string_view reference) {
  const bool is_secure = reference.starts_with(kSecure);
  const std::string name(reference.substr(is_secure ? kSecure.size() : kPlain.size()));
  const Json answer = doing.call("ssm", "GetParameter", {{"Name", name}, {"WithDecryption", is_secure}});
  const Json& parameter = answer.at("Parameter");
  if ((parameter.at("Type") == "SecureString") != is_secure)
    throw Failed{is_secure ? fmt::format("Non-secure parameter {} was referenced in an ssm-secure dynamic reference.", name)
                           : fmt::format("Secure parameter {} was referenced in an ssm dynamic reference.", name)};
  return parameter.at("Value").get<std::string>();
}

}  // namespace

void resolve_references(Doing& doing, bool asks) {
  const Json before = doing.attributes.value(kMeant, Json::object());
  if (!asks) return put_meant(doing.wanted, before);
  put_meant(doing.before, before);
  Json meant = Json::object(), secret = Json::object();
  size_t bytes = 0;
  replace(doing.wanted, "", [&](const std::string&, std::string_view reference) {
    const std::string key(reference);
    Json& kept = reference.starts_with(kSecure) ? secret : meant;
    if (!kept.contains(key)) {
      if (meant.size() + secret.size() == kReferencesMax)
        throw Failed{fmt::format("A resource may have at most {} dynamic references.", kReferencesMax)};
      std::string value = ask(doing, reference);
      if ((bytes += value.size()) > kMeantBytesMax)
        throw Failed{fmt::format("What a resource's dynamic references mean may have at most {} bytes.", kMeantBytesMax)};
      kept[key] = std::move(value);
    }
    return kept.at(key).get<std::string>();
  });
  put_meant(doing.before, secret);  // nobody keeps what these meant: as long as they are written the same, nothing has changed
  if (meant.empty()) doing.attributes.erase(kMeant);
  else doing.attributes[kMeant] = std::move(meant);
}

bool is_ssm_reference(std::string_view key) {
  const size_t colon = key.find(':');
  const std::string_view name = key.substr(0, colon);
  const auto is_of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_.-/").find(c) != std::string_view::npos;
  };
  if (name.empty() || !std::ranges::all_of(name, is_of_name)) return false;
  if (colon == std::string_view::npos) return true;
  const auto version = text::to_int(key.substr(colon + 1));
  return version && *version > 0;
}

void check_references(std::string_view type, const Json& properties) {
  std::vector<std::string> wrong;
  Json copy = properties;
  replace(copy, "", [&](const std::string& path, std::string_view reference) {
    const auto allows = [&](const auto& place) { return place.first == type && place.second == path; };
    if (reference.starts_with(kSecure) && std::ranges::none_of(kSecurePlaces, allows))
      wrong.push_back(fmt::format("{}/Properties{}", type, path));
    return std::string();
  });
  if (!wrong.empty()) throw Failed{fmt::format("SSM Secure reference is not supported in: [{}]", fmt::join(wrong, ","))};
}

}  // namespace cairn::cloudformation
