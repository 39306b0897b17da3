/** Whether the value is an object as JSON has them: no list, no `Map`, no instance of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // The last test is for the objects of another realm, which have an `Object.prototype` of their own.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}
