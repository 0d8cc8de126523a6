/** A panel as it is seen, as a picture: its elements with the styles that they have, drawn by the browser itself. */

const SCALE = 2
/** What would mean something in the page, and nothing in a picture. */
const LEFT: ReadonlySet<string> = new Set(['style', 'class', 'id', 'href'])
/** Sizes are those that it has now, so nothing bounds them any more; and nothing is scrolled in a picture. */
const AS_IT_IS = ';min-width:0;min-height:0;max-width:none;max-height:none;min-inline-size:0;max-inline-size:none;overflow:hidden'
const SVG = 'http://www.w3.org/2000/svg'

function styleOf(element: Element): string {
  const style = getComputedStyle(element)
  return Array.from(style, (name) => `${name}:${style.getPropertyValue(name)}`).join(';')
}

/** A copy that stands by itself: every style written into it, every canvas a picture, and nothing that is not seen. */
function copyOf(element: Element): Element | null {
  if (element.hasAttribute('data-no-picture')) return null
  if (element instanceof HTMLCanvasElement) {
    const image = document.createElement('img')
    image.src = element.toDataURL()
    image.style.cssText = styleOf(element)
    return image
  }
  const copy = document.createElementNS(element.namespaceURI, element.localName) as HTMLElement | SVGElement
  // Not as an attribute, which the page's policy refuses.
  copy.style.cssText = styleOf(element)
  copy.style.cssText += AS_IT_IS
  for (const { name, value } of element.attributes) if (!LEFT.has(name)) copy.setAttribute(name, value)
  for (const child of element.childNodes) {
    const inner = child instanceof Element ? copyOf(child) : child.cloneNode()
    if (inner) copy.append(inner)
  }
  return copy
}

function load(address: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve(image)
    image.onerror = () => reject(new Error('the browser cannot draw this panel'))
    image.src = address
  })
}

/** The picture of an element, in PNG, with the ground of the page behind it. Throws where the browser refuses to draw. */
export async function pictureOf(element: HTMLElement): Promise<Blob> {
  const { width, height } = element.getBoundingClientRect()
  const copy = copyOf(element)
  const svg = document.createElementNS(SVG, 'svg')
  const frame = document.createElementNS(SVG, 'foreignObject')
  for (const node of [svg, frame]) {
    node.setAttribute('width', String(width))
    node.setAttribute('height', String(height))
  }
  if (copy) frame.append(copy)
  svg.append(frame)
  // As a data: address, since a blob: one would taint the canvas.
  const image = await load(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`)
  const canvas = document.createElement('canvas')
  ;[canvas.width, canvas.height] = [Math.round(width * SCALE), Math.round(height * SCALE)]
  const context = canvas.getContext('2d')
  if (!context) throw new Error('the browser cannot draw')
  context.scale(SCALE, SCALE)
  context.fillStyle = getComputedStyle(document.body).backgroundColor
  context.fillRect(0, 0, width, height)
  context.drawImage(image, 0, 0, width, height)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser cannot write the picture'))), 'image/png')
  })
}
