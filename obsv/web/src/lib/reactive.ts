/** Name what an effect runs again for, where it does not use the values themselves. */
export function dependOn(...values: readonly unknown[]): void {
  values.at(0)
}
