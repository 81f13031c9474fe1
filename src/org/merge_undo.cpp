#include "org/merge_undo.h"

#include "kernel/json/json.h"
#include "kernel/json/writer.h"
#include "kernel/text/text.h"

namespace sj::org {
namespace {

using boost::json::value;

void write_ids(json::Writer& out, std::string_view name, const MergeUndo::Ids& ids) {
  out.key(name).begin_array();
  for (const std::int64_t id : ids) out.value(std::to_string(id));
  out.end_array();
}

void write_links(json::Writer& out,
                 std::string_view name,
                 const std::vector<MergeUndo::Link>& links) {
  out.key(name).begin_array();
  for (const auto& link : links) {
    out.begin_array().value(std::to_string(link.area)).value(std::to_string(link.account));
    out.end_array();
  }
  out.end_array();
}

void write_resealed(json::Writer& out,
                    std::string_view name,
                    const std::vector<MergeUndo::Resealed>& resealed) {
  out.key(name).begin_array();
  for (const auto& one : resealed) {
    const std::vector<std::uint8_t> bytes(one.bytes.begin(), one.bytes.end());
    out.begin_array().value(std::to_string(one.id)).value(text::to_hex(bytes)).end_array();
  }
  out.end_array();
}

void write_pupil(json::Writer& out, const MergePupilRow& row) {
  out.begin_object().key("local_no").value(row.local_no).key("protected").value(row.is_protected);
  out.end_object();
}

const value& member(const value& object, std::string_view name) {
  const auto* found = object.as_object().if_contains(name);
  SJ_CHECK(found != nullptr);
  return *found;
}

std::string text_of(const value& json) {
  return std::string(json.as_string());
}

std::int64_t id_of(const value& json) {
  return std::stoll(text_of(json));
}

MergeUndo::Ids read_ids(const value& json) {
  MergeUndo::Ids ids;
  for (const auto& id : json.as_array()) ids.push_back(id_of(id));
  return ids;
}

std::vector<MergeUndo::Link> read_links(const value& json) {
  std::vector<MergeUndo::Link> links;
  for (const auto& link : json.as_array()) {
    links.push_back({id_of(link.as_array().at(0)), id_of(link.as_array().at(1))});
  }
  return links;
}

Result<std::vector<MergeUndo::Resealed>> read_resealed(const value& json) {
  std::vector<MergeUndo::Resealed> resealed;
  for (const auto& one : json.as_array()) {
    const auto bytes = SJ_TRY(text::from_hex(text_of(one.as_array().at(1))));
    resealed.push_back({id_of(one.as_array().at(0)), std::string(bytes.begin(), bytes.end())});
  }
  return resealed;
}

MergePupilRow read_pupil(const value& json) {
  return {text_of(member(json, "local_no")), member(json, "protected").as_bool()};
}

}  // namespace

std::string to_json(const MergeUndo& undo) {
  json::Writer out;
  out.begin_object();
  out.key("foreign").begin_array();
  for (const auto& one : undo.foreign) {
    out.begin_array().value(one.source).value(one.id).end_array();
  }
  out.end_array();
  out.key("guardian_links").begin_array();
  for (const auto& one : undo.guardian_links) {
    out.begin_array().value(std::to_string(one.link.area)).value(std::to_string(one.link.account));
    out.value(std::to_string(one.child)).end_array();
  }
  out.end_array();
  write_resealed(out, "invitations", undo.invitations);
  write_links(out, "links", undo.links);
  write_ids(out, "overlaps", undo.overlaps);
  out.key("pupil");
  if (undo.pupil) {
    out.begin_object().key("after");
    write_pupil(out, undo.pupil->after);
    out.key("before");
    if (undo.pupil->before) {
      write_pupil(out, *undo.pupil->before);
    } else {
      out.null();
    }
    out.end_object();
  } else {
    out.null();
  }
  write_resealed(out, "requests", undo.requests);
  out.key("rows").begin_object();
  for (const auto& [name, ids] : undo.rows) write_ids(out, name, ids);
  out.end_object();
  out.key("sealed").begin_array();
  for (const std::string& field : undo.sealed) out.value(field);
  out.end_array();
  write_links(out, "shut_links", undo.shut_links);
  write_ids(out, "twins", undo.twins);
  out.key("twins_until").value(undo.twins_until);
  out.end_object();
  return out.take();
}

Result<MergeUndo> merge_undo_of(std::string_view json) {
  const value read = SJ_TRY(json::parse(json));
  MergeUndo undo;
  for (const auto& one : member(read, "foreign").as_array()) {
    undo.foreign.push_back({text_of(one.as_array().at(0)), text_of(one.as_array().at(1))});
  }
  for (const auto& one : member(read, "guardian_links").as_array()) {
    const auto& parts = one.as_array();
    undo.guardian_links.push_back({{id_of(parts.at(0)), id_of(parts.at(1))}, id_of(parts.at(2))});
  }
  undo.invitations = SJ_TRY(read_resealed(member(read, "invitations")));
  undo.links = read_links(member(read, "links"));
  undo.overlaps = read_ids(member(read, "overlaps"));
  const value& pupil = member(read, "pupil");
  if (!pupil.is_null()) {
    undo.pupil = MergePupilChange{};
    undo.pupil->after = read_pupil(member(pupil, "after"));
    const value& before = member(pupil, "before");
    if (!before.is_null()) undo.pupil->before = read_pupil(before);
  }
  undo.requests = SJ_TRY(read_resealed(member(read, "requests")));
  for (const auto& ids : member(read, "rows").as_object()) {
    undo.rows[std::string(ids.key())] = read_ids(ids.value());
  }
  for (const auto& field : member(read, "sealed").as_array()) {
    undo.sealed.push_back(text_of(field));
  }
  undo.shut_links = read_links(member(read, "shut_links"));
  undo.twins = read_ids(member(read, "twins"));
  undo.twins_until = text_of(member(read, "twins_until"));
  return undo;
}

}  // namespace sj::org
