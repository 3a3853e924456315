#include "services/kms/grant.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "services/kms/documents.h"

namespace cairn::kms {
namespace {

using aws::policy::Caller;
using aws::policy::NamedAs;
using aws::policy::PrincipalName;

constexpr size_t kGrantsOfKeyMax = 50'000;
constexpr size_t kLookedAtMax = 1000;  // grants to one principal on one key
constexpr char kTokenVersion = 1;
constexpr size_t kKeyIdLength = 36, kGrantIdBytes = 32;

std::optional<PrincipalName> parse_principal(const std::string& text) {
  std::optional<PrincipalName> name = PrincipalName::parse("AWS", text);
  if (name && name->form() == PrincipalName::Form::kEveryone) return std::nullopt;
  if (!name && text.find(".amazonaws.com") != std::string::npos) name = PrincipalName::parse("Service", text);
  return name;
}

/// The words that a grant may name a caller with.
std::vector<std::string> words_for(const Caller& caller) {
  std::vector<std::string> words;
  for (const std::string& word : {caller.arn, caller.base_arn, caller.name})
    if (!word.empty()) words.push_back(word);
  if (!caller.account.empty()) {
    words.push_back(caller.account);
    const std::string root = fmt::format("arn:aws:iam::{}:root", caller.account);
    if (root != caller.arn) words.push_back(root);
  }
  return words;
}

EncryptionContext context_of(const Json& constraints, std::string_view member) {
  EncryptionContext context;
  if (const auto it = constraints.find(member); it != constraints.end())
    for (const auto& [key, value] : it->items()) context[key] = value.get<std::string>();
  return context;
}

bool includes(const EncryptionContext& whole, const EncryptionContext& part) {
  return std::ranges::all_of(part, [&](const auto& pair) {
    const auto it = whole.find(pair.first);
    return it != whole.end() && it->second == pair.second;
  });
}

bool fits(const Json& constraints, const GrantAsk& ask) {
  if (constraints.contains("SourceArn") && constraints["SourceArn"].get<std::string>() != ask.source_arn) return false;
  if (ask.context == nullptr) return true;
  if (constraints.contains("EncryptionContextEquals") && context_of(constraints, "EncryptionContextEquals") != *ask.context) return false;
  return !constraints.contains("EncryptionContextSubset") || includes(*ask.context, context_of(constraints, "EncryptionContextSubset"));
}

size_t count(state::Transaction& state, const Key& key) {
  const std::optional<std::string> document = state.get(documents::grant_count(key.id));
  return document ? text::to_uint(*document).value_or(0) : 0;
}

/// What makes a grant the same as one before it, when it comes with a name.
std::string named_document(const Key& key, const Grant& grant) {
  Grant same = grant;
  same.created = {};
  std::ranges::sort(same.operations);
  return documents::grant_named(key.id, text::hex(crypto::sha256(encode(same))));
}

}  // namespace

bool Grant::allows(std::string_view operation) const { return std::ranges::find(operations, operation) != operations.end(); }

std::string encode(const Grant& grant) {
  Json document = {{"created", grant.created.time_since_epoch().count()},
                   {"grantee", grant.grantee},
                   {"issuer", grant.issuer.str()},
                   {"operations", grant.operations}};
  if (!grant.name.empty()) document["name"] = grant.name;
  if (!grant.retiring.empty()) document["retiring"] = grant.retiring;
  if (grant.grantee_is_service) document["granteeIsService"] = true;
  if (grant.retiring_is_service) document["retiringIsService"] = true;
  if (!grant.constraints.empty()) document["constraints"] = grant.constraints;
  return json::dump(document);
}

Grant decode_grant(std::string_view id, std::string_view document) {
  const Result<Json> parsed = json::parse(document);
  if (!parsed) throw std::runtime_error("a grant's document cannot be read: " + parsed.error().message);
  Grant grant;
  grant.id = std::string(id);
  grant.created = Time(std::chrono::milliseconds(parsed->at("created").get<int64_t>()));
  grant.grantee = parsed->at("grantee").get<std::string>();
  grant.issuer = aws::AccountId(parsed->at("issuer").get<std::string>());
  grant.operations = parsed->at("operations").get<std::vector<std::string>>();
  grant.name = parsed->value("name", "");
  grant.retiring = parsed->value("retiring", "");
  grant.grantee_is_service = parsed->value("granteeIsService", false);
  grant.retiring_is_service = parsed->value("retiringIsService", false);
  grant.constraints = parsed->value("constraints", Json::object());
  return grant;
}

Json list_entry(const Grant& grant, const Key& key) {
  Json entry = {{"KeyId", key.arn()}, {"GrantId", grant.id}, {"CreationDate", timestamps::iso8601_millis(grant.created)}};
  if (!grant.name.empty()) entry["Name"] = grant.name;
  entry[grant.grantee_is_service ? "GranteeServicePrincipal" : "GranteePrincipal"] = grant.grantee;
  if (!grant.retiring.empty()) entry[grant.retiring_is_service ? "RetiringServicePrincipal" : "RetiringPrincipal"] = grant.retiring;
  entry["IssuingAccount"] = fmt::format("arn:aws:iam::{}:root", grant.issuer.str());
  entry["Operations"] = grant.operations;
  if (!grant.constraints.empty()) entry["Constraints"] = grant.constraints;
  return entry;
}

std::optional<Grant> read_grant(state::Transaction& state, const Key& key, const std::string& id) {
  const std::optional<std::string> document = state.get(documents::grant(key.id, id));
  if (!document) return std::nullopt;
  return decode_grant(id, *document);
}

std::optional<Grant> find_same_grant(state::Transaction& state, const Key& key, const Grant& grant) {
  if (grant.name.empty()) return std::nullopt;
  const std::optional<std::string> id = state.get(named_document(key, grant));
  return id ? read_grant(state, key, *id) : std::nullopt;
}

void put_grant(state::Transaction& state, const Key& key, const Grant& grant) {
  const size_t before = count(state, key);
  if (before >= kGrantsOfKeyMax) throw Error(kLimitExceeded, "The key {} already has {} grants.", key.arn(), before);
  state.put(documents::grant_count(key.id), std::to_string(before + 1));
  state.put(documents::grant(key.id, grant.id), encode(grant));
  state.put(documents::granted(key.id, grant.grantee, grant.id), "");
  if (!grant.retiring.empty()) state.put(documents::retirable(key.region, grant.retiring, key.id, grant.id), "");
  if (!grant.name.empty()) state.put(named_document(key, grant), grant.id);
}

void erase_grant(state::Transaction& state, const Key& key, const Grant& grant) {
  state.put(documents::grant_count(key.id), std::to_string(std::max<size_t>(count(state, key), 1) - 1));
  state.erase(documents::grant(key.id, grant.id));
  state.erase(documents::granted(key.id, grant.grantee, grant.id));
  if (!grant.retiring.empty()) state.erase(documents::retirable(key.region, grant.retiring, key.id, grant.id));
  if (!grant.name.empty()) state.erase(named_document(key, grant));
}

std::string grant_token(const Key& key, const Grant& grant) {
  return text::base64(std::string(1, kTokenVersion) + key.id + text::from_hex(grant.id).value());
}

std::optional<GrantToken> parse_grant_token(std::string_view token) {
  const std::optional<std::string> bytes = text::from_base64(token);
  if (!bytes || bytes->size() != 1 + kKeyIdLength + kGrantIdBytes || bytes->front() != kTokenVersion) return std::nullopt;
  GrantToken parsed{bytes->substr(1, kKeyIdLength), text::hex(std::string_view(*bytes).substr(1 + kKeyIdLength))};
  if (!is_key_id(parsed.key_id)) return std::nullopt;
  return parsed;
}

void check_grant_tokens(api::Call& call) {
  const auto tokens = call.in.find("GrantTokens");
  if (tokens == call.in.end()) return;
  for (const Json& token : *tokens) {
    const std::optional<GrantToken> parsed = parse_grant_token(token.get<std::string>());
    if (!parsed || !call.state->exists(documents::grant(parsed->key_id, parsed->grant_id)))
      throw Error(kInvalidGrantToken, "The specified grant token is not valid.");
  }
}

NamedAs names(const std::string& principal, const Caller& caller) {
  const std::optional<PrincipalName> name = parse_principal(principal);
  return name ? name->names(caller) : NamedAs::kNot;
}

bool is_principal(const std::string& text) { return parse_principal(text).has_value(); }

std::optional<Permission> find_permission(state::Transaction& state, const Key& key, const GrantAsk& ask) {
  std::optional<Permission> found;
  for (const std::string& word : words_for(ask.caller)) {
    const NamedAs named = names(word, ask.caller);
    if (named == NamedAs::kNot) continue;
    const std::string prefix = documents::granted_to(key.id, word);
    for (const state::Item& item : state.list(prefix, "", kLookedAtMax).items) {
      std::optional<Grant> grant = read_grant(state, key, item.key.substr(prefix.size()));
      if (!grant || !grant->allows(ask.operation) || !fits(grant->constraints, ask)) continue;
      const bool to_account = named == NamedAs::kAccount;
      if (!found || !to_account) found = Permission{std::move(*grant), to_account};
      if (!to_account) return found;
      break;
    }
  }
  return found;
}

bool is_within(const Grant& grant, const Grant& parent) {
  if (!std::ranges::all_of(grant.operations, [&](const std::string& operation) { return parent.allows(operation); })) return false;
  const Json& mine = grant.constraints;
  if (parent.constraints.contains("SourceArn") && (!mine.contains("SourceArn") || mine["SourceArn"] != parent.constraints["SourceArn"]))
    return false;
  if (parent.constraints.contains("EncryptionContextEquals")) {
    return mine.contains("EncryptionContextEquals") &&
           context_of(mine, "EncryptionContextEquals") == context_of(parent.constraints, "EncryptionContextEquals");
  }
  const EncryptionContext needed = context_of(parent.constraints, "EncryptionContextSubset");
  const bool equals = mine.contains("EncryptionContextEquals");
  return includes(context_of(mine, equals ? "EncryptionContextEquals" : "EncryptionContextSubset"), needed);
}

}  // namespace cairn::kms
