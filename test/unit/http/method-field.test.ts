import { expect, test } from "vitest";
import { fieldMethods } from "../../../shared/http/method-field.ts";

const ANY = ["GET", "PUT", "DELETE"];

test.each([
  ["a form", "", "application/x-www-form-urlencoded"],
  ["a form in another case, with parameters", "", "Application/X-WWW-Form-URLEncoded; charset=utf-8"],
  ["a form of parts", "", "multipart/form-data; boundary=x"],
  ["a body without a type", "", null],
  ["a query with the field", "_method=delete", "application/json"],
  ["a query with the field in another spelling", "%5FmeTHod=delete", "application/json"],
  ["a query with a dot, as PHP reads it", ".method=delete", "application/json"],
  ["a query with a bracket, as PHP reads it", "[method=delete", "application/json"],
  ["a query with an encoded bracket", "%5bmethod=delete", "application/json"],
  ["a query with a blank", "%20method=delete", "application/json"],
  ["a query with a plus", "+method=delete", "application/json"],
])("%s may name any method in place of POST", (_what, query, type) => {
  expect(fieldMethods("POST", query, type)).toEqual(ANY);
});

test.each([
  ["a body of another type", "POST", "", "application/json"],
  ["a query with another field", "POST", "method=delete", "application/json"],
  ["another method than POST", "GET", "_method=delete", null],
])("%s names none", (_what, method, query, type) => {
  expect(fieldMethods(method, query, type)).toEqual([]);
});
