import { realSuite } from './real.ts'
import { gemini } from './gemini.ts'

realSuite('gemini', gemini)
