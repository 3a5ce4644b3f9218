import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { Emotion } from './Emotion.jsx';

createRoot(document.querySelector('main')).render(createElement(Emotion));
