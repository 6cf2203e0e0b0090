import { describe, expect, it } from 'vitest';
import { resolveCondition, resolveValue, type Scope } from '../../local/template/intrinsics.ts';
import type { Value } from '../../local/template/template.ts';

const scope: Scope = {
  ref: (name) =>
    name === 'AWS::NoValue'
      ? undefined
      : ({ Table: 'table-1', 'AWS::Region': 'eu-west-1' }[name] ?? fail(`ref ${name}`)),
  attribute: (logicalId, attribute) => `${logicalId}/${attribute}`,
  importValue: (name) => `imported ${name}`,
  condition: (name) => name === 'IsTrue',
  mapping: (map, top, second) => `${map}.${top}.${second}`,
  secret: (secretId, jsonKey) =>
    `secret of ${secretId}${jsonKey === undefined ? '' : `#${jsonKey}`}`,
};

function fail(what: string): never {
  throw new Error(what);
}

const resolved = (value: Value) => resolveValue(value, scope);

describe('a template’s functions', () => {
  it.each<[string, Value, Value]>([
    ['Ref', { Ref: 'Table' }, 'table-1'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'Role/Arn'],
    ['Fn::GetAtt as a path', { 'Fn::GetAtt': 'Nested.Outputs.Name' }, 'Nested/Outputs.Name'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }]] }, 'a-table-1'],
    ['Fn::Sub', { 'Fn::Sub': '${AWS::Region} ${Role.Arn} ${!Kept}' }, 'eu-west-1 Role/Arn ${Kept}'],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': ['${Mine}/${Table}', { Mine: { Ref: 'AWS::Region' } }] },
      'eu-west-1/table-1',
    ],
    [
      'Fn::Select of Fn::Split',
      { 'Fn::Select': [1, { 'Fn::Split': [':', 'arn:aws:lambda'] }] },
      'aws',
    ],
    ['Fn::If', { 'Fn::If': ['IsTrue', 'yes', 'no'] }, 'yes'],
    [
      'Fn::ImportValue',
      { 'Fn::ImportValue': { 'Fn::Sub': 'stack:${Table}' } },
      'imported stack:table-1',
    ],
    [
      'Fn::FindInMap',
      { 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'key'] },
      'Map.eu-west-1.key',
    ],
  ])('%s', (_, value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  it('AWS::NoValue removes the property or the entry that holds it', () => {
    const noValue = { Ref: 'AWS::NoValue' };
    expect(resolved({ kept: 1, gone: noValue, list: ['a', noValue] })).toEqual({
      kept: 1,
      list: ['a'],
    });
    expect(resolved({ 'Fn::If': ['IsFalse', 'a', noValue] })).toBeUndefined();
  });

  it('a dynamic reference is read even when its parts are joined, and its secret’s ARN has colons', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:api-key-a1b2c3';
    const joined = { 'Fn::Join': ['', ['{{resolve:secretsmanager:', arn, ':SecretString:::}}']] };
    expect(resolved(joined)).toBe(`secret of ${arn}`);
    expect(resolved('{{resolve:secretsmanager:name:SecretString:user::}}')).toBe(
      'secret of name#user',
    );
  });

  it('what it doesn’t know is refused, never passed on', () => {
    expect(() => resolved({ 'Fn::Transform': {} })).toThrow('Fn::Transform');
    expect(() => resolved('{{resolve:ssm:/a/b}}')).toThrow('ssm');
    expect(() => resolved('{{resolve:secretsmanager:name:SecretString::AWSPREVIOUS:}}')).toThrow(
      'current version',
    );
  });

  it('conditions combine', () => {
    const isEqual = { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] };
    const isOther = { 'Fn::Equals': ['a', 'b'] };
    const holds = (value: Value) => resolveCondition(value, scope);
    expect(holds(isEqual)).toBe(true);
    expect(holds({ 'Fn::And': [isEqual, { Condition: 'IsTrue' }] })).toBe(true);
    expect(holds({ 'Fn::And': [isEqual, isOther] })).toBe(false);
    expect(holds({ 'Fn::Or': [isOther, isEqual] })).toBe(true);
    expect(holds({ 'Fn::Not': [isEqual] })).toBe(false);
    expect(() => holds({ 'Fn::Contains': [] })).toThrow('Fn::Contains');
  });
});
