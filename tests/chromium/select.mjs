// Opens a PDF in Chromium's own viewer, double-clicks on places and copies what is selected.
//
//   node select.mjs CHROMIUM FILE.pdf '[[x, y], …]' [SCREENSHOT.png]
//
// Places are shares of the first page's width. Prints a JSON list of what the clipboard held.
import { chromium } from 'playwright-core'

const [executablePath, file, places, picture] = process.argv.slice(2)
const VIEW = { width: 900, height: 1000 }
const PAGE = { left: 7, top: 60, width: 872 } // of a page as wide as the window, below the toolbar

// The viewer is part of the new headless mode, not of the old one that `headless: true` means.
const args = ['--headless=new', '--no-sandbox', '--disable-gpu']
const browser = await chromium.launch({ executablePath, headless: false, args })
const context = await browser.newContext({ viewport: VIEW })
const notes = await context.newPage()
await notes.setContent('<textarea></textarea>')
const viewer = await context.newPage()
await viewer.goto(`file://${file}#navpanes=0&view=FitH`)
await viewer.waitForTimeout(4000) // the viewer is an extension of its own and tells no page
const copied = []
for (const [x, y] of JSON.parse(places)) {
  await viewer.bringToFront()
  await viewer.mouse.dblclick(PAGE.left + x * PAGE.width, PAGE.top + y * PAGE.width, { delay: 30 })
  await viewer.waitForTimeout(250)
  if (picture && !copied.length) await viewer.screenshot({ path: picture })
  await viewer.keyboard.press('Control+C')
  await viewer.waitForTimeout(150)
  await notes.bringToFront()
  await notes.fill('textarea', '')
  await notes.focus('textarea')
  await notes.keyboard.press('Control+V')
  copied.push(await notes.inputValue('textarea'))
}
console.log(JSON.stringify(copied))
await browser.close()
